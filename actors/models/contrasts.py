"""Words that exclude each other: where a question says "ancient" and the sentence "modern", it is about something else.

English. A line is one scale; its values stand apart, words of one value are joined by bars. Knows no grammar: a
sentence contradicts a question when it lacks a word of it but holds another value of the same scale, another number
for its number, the same word with the opposite prefix, or no negation for its negation.

Left out are words that mean too much (may, one, over, left, like): they would exclude what they do not mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Set

from actors.models import words

_SCALES = """
north south east west
northern southern eastern western central
northeast|northeastern northwest|northwestern southeast|southeastern southwest|southwestern
upper lower middle
top bottom
front back|rear
inside|internal|interior|inner outside|external|exterior|outer
indoor outdoor
above below|beneath
before|prior|precede after|following|follow
into|inward out|outward
toward away
near far|distant
nearest|closest farthest|furthest
horizontal vertical
clockwise counterclockwise
spring summer autumn|fall winter
morning noon afternoon evening night|midnight
day night
monday tuesday wednesday thursday friday saturday sunday
january february march april june july august september october november december
first second third fourth fifth sixth seventh eighth ninth tenth last|final
two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen twenty thirty forty fifty
thousand million billion trillion
half quarter third
once twice thrice
single|singular multiple|plural
primary secondary tertiary
elementary intermediate advanced
daily weekly monthly yearly|annual
past present future
ancient|antique medieval modern|contemporary prehistoric
old|former|previous|past new|current|present|next
oldest|earliest|first newest|latest|youngest|last
older|elder younger|newer
old|elderly young
early late mid
earlier later
begin|began|begun|start|commence|beginning end|stop|cease|finish|conclude|terminate|ending
origin|source destination|mouth
temporary permanent
constant|fixed variable
static dynamic|kinetic
increase|grow|grew|grown|growth|rise|rose|expand|expansion decrease|decline|fell|shrink|shrank|reduce|reduction|drop
raise lower
gain loss|lose|lost
add|addition|plus subtract|remove|minus
multiply divide
accelerate slow|decelerate
strengthen weaken
strong|powerful weak|feeble
stronger weaker
strongest weakest
large|big|great|huge small|little|tiny
larger|bigger|greater smaller
largest|biggest|greatest smallest|tiniest
most fewest|least
more fewer|less
majority minority
major minor
maximum|maximal minimum|minimal
high low
higher lower
highest lowest
tall short
taller shorter
tallest shortest
long brief|short
longer shorter
longest shortest
wide|broad narrow
widest narrowest
thick thin
heavy light
heavier lighter
heaviest lightest
deep shallow
fast|quick|rapid slow
faster|quicker slower
fastest|quickest slowest
best worst
better worse
good|benefit|beneficial bad|evil|detriment|detrimental
hot|warm cold|cool
hotter|warmer colder|cooler
hottest|warmest coldest|coolest
heat cool
wet|humid dry|arid
wettest driest
bright|light dark|dim
loud quiet|silent
hard soft
rough smooth
sharp blunt
full empty
dense sparse
solid liquid gas|gaseous
rich|wealthy poor
richest|wealthiest poorest
expensive|costly cheap|inexpensive
easy|simple difficult|hard|complex|complicated
safe dangerous|hazardous
healthy sick|ill|unhealthy
alive|living dead
born|birth died|death|die
wild domesticated|tame
natural artificial|synthetic
true false
right|correct wrong|incorrect
positive negative
active passive
direct indirect
explicit implicit
public private
urban rural
domestic|national foreign|international
local global
civil|civilian military
peace war
land sea
voluntary compulsory|mandatory|obligatory
optional mandatory|required
legal|lawful illegal|unlawful
guilty innocent
formal informal
common|popular|frequent rare|uncommon|scarce
always|frequently|often|usually|regularly never|rarely|seldom|hardly
everywhere nowhere
all|every|everyone none|nobody
same|similar|identical|alike different|distinct|dissimilar
equal unequal
include exclude|omit
allow|permit|let|enable forbid|prohibit|ban|prevent|disallow
require exempt
win|won|victory|victorious lose|lost|defeat
attack|invade|invasion|offensive defend|protect|defense|defence|defensive
help|assist|aid|support hinder|harm|bother|hurt|obstruct
ally|friend enemy|foe|rival|opponent
buy|bought|purchase sell|sold
import export
lend borrow
employ|hire dismiss|fire
send|sent receive
push pull
attract repel
absorb emit|release
accept|approve|adopt|agree reject|refuse|oppose|deny|disagree|disapprove
love|enjoy|praise hate|dislike|criticize|condemn
encourage discourage
create|build|built|construct|found|establish destroy|demolish|dissolve|abolish|dismantle|destruction
appear|emerge disappear|vanish
arrive|arrival|enter|entry depart|departure|leave|left|exit
ascend|climb|rise descend|sink
advance|forward retreat|backward
join|unite|merge|union separate|split|divide|separation
connect disconnect
attach detach
remember forget|forgot
discover|reveal|expose hide|conceal
known famous|unknown obscure
succeed|success|successful fail|failure|failed
keep|retain|preserve discard|abandon
save|spare spend|waste
freeze|froze|frozen melt|thaw|boil
expand contract
inhale exhale
teach learn
superior inferior
senior junior
ancestor|predecessor descendant|successor
teacher student
master slave|servant
employer employee
buyer|customer seller|vendor
male|man|men|boy female|woman|women|girl
he|him she|her
father mother
son daughter
husband wife
brother sister
uncle aunt
king|prince|emperor queen|princess|empress
adult child|children
catholic protestant|huguenot orthodox
christian muslim jewish hindu buddhist
democrat|democratic republican
conservative liberal socialist|communist
republic monarchy|kingdom empire
red orange yellow green blue purple violet black white grey|gray brown pink
africa asia europe australia antarctica america
african asian european australian american
english british scottish welsh irish french german dutch belgian swiss austrian italian spanish portuguese \
danish swedish norwegian finnish polish czech hungarian romanian bulgarian greek turkish russian ukrainian \
chinese japanese korean mongolian indian persian arab|arabic egyptian mexican canadian brazilian
england scotland wales ireland france germany netherlands belgium switzerland austria italy spain portugal \
denmark sweden norway finland poland hungary romania bulgaria greece turkey russia china japan korea mongolia \
india persia|iran egypt mexico canada brazil
atlantic pacific arctic
mercury venus earth mars jupiter saturn uranus neptune pluto
hydrogen helium carbon nitrogen oxygen sulfur chlorine sodium iron copper silver gold
proton neutron electron
acid alkaline
plant animal
predator prey
carnivore herbivore
upstream downstream
sunrise sunset
breakfast lunch dinner
winner loser
host guest
landlord tenant
lender borrower
creditor debtor
plaintiff defendant
licensor licensee
lessor lessee
supply demand
profit loss
income|revenue expense|cost
asset liability
debit credit
gross net
deposit withdraw|withdrawal
input output
upload download
install uninstall
enable|activate disable|deactivate
lock unlock
encrypt decrypt
online offline
wired wireless
manual automatic
analog digital
odd even
convex concave
numerator denominator
acute chronic
benign malignant
inpatient outpatient
systolic diastolic
vein artery
army navy
offense defense
wartime peacetime
theory practice
comedy tragedy
poetry prose
fiction nonfiction
undergraduate graduate|postgraduate
freshman sophomore junior senior
bachelor master doctorate
mayor governor senator
emigrate|emigrant|emigration immigrate|immigrant|immigration
victim perpetrator
theist atheist
optimist pessimist
introvert extrovert
literal figurative
abstract concrete
objective subjective
qualitative quantitative
relative absolute
synchronous asynchronous
convergent|converge divergent|diverge
compress|compression stretch|tension
evaporate|evaporation condense|condensation
oxidation reduction
anode cathode
endothermic exothermic
renewable nonrenewable
organic inorganic
metal nonmetal
transparent opaque
visible invisible
mobile stationary
nomadic sedentary
"""

PREFIXES = ("un", "in", "im", "ir", "il", "dis", "non", "mis", "anti")
NEGATIONS = frozenset(("not", "never", "no", "nor", "none", "neither", "without", "cannot", "except"))
LACKING = frozenset(("fail", "lack", "few", "fewer", "refus", "prevent", "forbid", "prohibit", "ban", "exclud", "only"))
"""Stems."""


def _table() -> dict[str, dict[int, frozenset[int]]]:
    """Return, for each stem, its values on each of its scales."""
    table: dict[str, dict[int, frozenset[int]]] = {}
    for scale, line in enumerate(_SCALES.strip().splitlines()):
        for value, synonyms in enumerate(line.split()):
            for (stem,) in words.stems(synonyms.split("|")):
                scales = table.setdefault(stem, {})
                scales[scale] = scales.get(scale, frozenset()) | {value}
    return table


_TABLE = _table()


def contradict(question: Set[str], sentence: Set[str]) -> bool:
    """Say whether a sentence excludes what a question is about. Both are stems."""
    missing, other = question - sentence, sentence - question
    return (
        any(_excluded(stem, sentence) for stem in missing)
        or any(_reversed(stem, sentence) for stem in missing)
        or (_numbers(missing) and _numbers(other))
        or (any(map(_negated, question)) and not any(_negated(stem) or _lacks(stem) for stem in sentence))
    )


def _excluded(stem: str, sentence: Set[str]) -> bool:
    """Say whether a sentence has other values on a scale of the word, and not its own by another name."""
    for scale, values in _TABLE.get(stem, {}).items():
        rivals = [_TABLE[rival][scale] for rival in sentence if scale in _TABLE.get(rival, {})]
        if rivals and all(values.isdisjoint(rival) for rival in rivals):
            return True
    return False


def _reversed(stem: str, sentence: Set[str]) -> bool:
    return any(
        prefix + stem in sentence or (stem.startswith(prefix) and stem[len(prefix) :] in sentence)
        for prefix in PREFIXES
        if len(stem) > len(prefix) + 2
    )


def _numbers(stems: Iterable[str]) -> bool:
    return any(stem[0].isdigit() for stem in stems)


def _negated(stem: str) -> bool:
    return stem in NEGATIONS or stem.endswith("n't")


def _lacks(stem: str) -> bool:
    """Say whether a word takes something away without a word of negation."""
    return stem.endswith("less") or stem.startswith(("un", "non")) or stem in LACKING
