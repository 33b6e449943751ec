"""From a chat request to a question: joins text parts, and refuses by name what nothing here does yet. Pure."""

from __future__ import annotations

from actors import errors, messages, settings
from serve_apps.gateway.schemas import chats

MODELS = {"consilium": "Routes by itself.", "extractive": "Answers with the best-supported sentences, cited."}

REFUSED = ("tools", "functions", "function_call", "audio", "prediction", "web_search_options")
"""Parameters that would change the answer if anything here understood them."""


def asked(request: chats.ChatRequest, limits: settings.Http, generation_id: str, now: float) -> messages.Question:
    """Return the question of a request. Raises Invalid, NotFound (model) or TooLarge."""
    if request.model not in MODELS:
        raise unknown_model(request.model)
    _check_parameters(request)
    extras = request.consilium or chats.Extras()
    _check_extras(extras)
    return messages.Question(
        id=generation_id,
        turns=_turns(request.messages, limits),
        filter=messages.Filter(documents=tuple(extras.documents or ()), metadata=extras.filter or {}),
        alpha=extras.alpha,
        received_at=now,
        model=request.model,
        cache=extras.cache or "default",
        user=request.safety_identifier or request.user or "",
        usage=bool(request.stream and request.stream_options and request.stream_options.include_usage),
    )


def unknown_model(name: str) -> errors.NotFound:
    """Return OpenAI's answer to a model that is not there."""
    return errors.NotFound(
        f"There is no model `{name}`. GET /v1/models lists what there is.", "model_not_found", "model"
    )


def _check_parameters(request: chats.ChatRequest) -> None:
    for name in REFUSED:
        if getattr(request, name) not in (None, [], "none"):
            raise errors.Invalid(f"`{name}` is not supported here; leave it out.", "unsupported_parameter", name)
    if request.tool_choice not in (None, "none", "auto"):
        raise errors.Invalid("There are no tools to choose from.", "unsupported_value", "tool_choice")
    if request.n not in (None, 1):
        raise errors.Invalid("n must be 1: there is one best-supported answer.", "unsupported_value", "n")
    if request.logprobs:
        raise errors.Invalid("Sentences are quoted, so there are no logprobs.", "unsupported_value", "logprobs")
    if request.response_format and request.response_format.type != "text":
        raise errors.Invalid("Only `text` is answered.", "unsupported_value", "response_format.type")
    if request.modalities not in (None, ["text"]):
        raise errors.Invalid('Only ["text"] is answered.', "unsupported_value", "modalities")
    if request.stream_options and not request.stream:
        raise errors.Invalid("stream_options needs stream: true.", "invalid_value", "stream_options")


def _check_extras(extras: chats.Extras) -> None:
    if extras.conversation is not None:
        message = "Conversations are not kept yet; send the earlier turns in `messages`."
        raise errors.Invalid(message, "unsupported_value", "consilium.conversation")
    if extras.strategy not in (None, "direct"):
        raise errors.Invalid("The only strategy yet is `direct`.", "unsupported_value", "consilium.strategy")
    if extras.documents == []:
        message = "An empty list leaves nothing to answer from; leave `documents` out to ask all."
        raise errors.Invalid(message, "invalid_value", "consilium.documents")


def _turns(sent: list[chats.Message], limits: settings.Http) -> tuple[messages.Turn, ...]:
    if len(sent) > limits.messages:
        message = f"There are {len(sent)} messages; the most is {limits.messages} (http.messages)."
        raise errors.TooLarge(message, "too_large", "messages")
    turns = tuple(_turn(message, f"messages[{place}]", limits) for place, message in enumerate(sent))
    if turns[-1].role != "user":
        message = "The last message must be the user's."
        raise errors.Invalid(message, "invalid_value", f"messages[{len(turns) - 1}].role")
    if not turns[-1].text.strip():
        raise errors.Invalid("The question is empty.", "invalid_value", f"messages[{len(turns) - 1}].content")
    return turns


def _turn(message: chats.Message, where: str, limits: settings.Http) -> messages.Turn:
    if message.role in ("tool", "function") or message.tool_calls or message.function_call or message.tool_call_id:
        raise errors.Invalid("Nothing here calls tools; leave such messages out.", "unsupported_value", f"{where}.role")
    text = _text(message.content, f"{where}.content")
    if len(text) > limits.message_chars:
        words = f"The message has {len(text)} characters; the most is {limits.message_chars} (http.message_chars)."
        raise errors.TooLarge(words, "too_large", f"{where}.content")
    match message.role:
        case "user" | "assistant":
            return messages.Turn(message.role, text)
        case _:
            return messages.Turn("system", text)


def _text(content: str | list[chats.Part] | None, where: str) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    texts = []
    for place, part in enumerate(content):
        if part.type != "text":
            message = f"Nothing here reads {part.type} parts. GET /v1/capabilities says what is ready."
            if part.type == "file":
                message += " Files go to POST /v1/documents."
            raise errors.Invalid(message, "unsupported_content", f"{where}[{place}]")
        if part.text is None:
            raise errors.Invalid("A text part needs `text`.", "missing_field", f"{where}[{place}].text")
        texts.append(part.text)
    return "\n".join(texts)
