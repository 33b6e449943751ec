"""The senses as deployments: today text to vectors."""
