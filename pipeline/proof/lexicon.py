"""The words that verification knows: data, no rules. English, with the negations of its neighbours.

Written for help pages. A language that is not here is not refused; it is compared by its words alone.
"""

# They hold a sentence together and say nothing of their own.
STOP_WORDS = frozenset(
    "a an the this that these those of to in on at for by from as with about into onto within upon via per "
    "is are was were be been being am it its it's they them their theirs he him his she her hers we us our ours you "
    "your yours i me my mine one ones and or but if then so than because since while when where which who whom whose "
    "what how why do does did doing done have has had having will would shall should can could may might there here "
    "also just very too rather quite even still yet already again both either such same own other another some any "
    "all each every more most much many few only not no nor yes n't cannot whether though although however therefore "
    "otherwise instead please simply currently present now once until unless up down out off over under before after "
    "der die das den dem des ein eine einen einem einer und oder aber ist sind wird werden kann können mit von zu im "
    "am auf für als auch nicht kein keine le la les un une des du de et ou est sont avec pour dans sur el los las "
    "una unos y o es son con por para en il lo gli i e è sono di da che se".split()
)
# Verbs and nouns that any help page can be told with; leaving one out or adding one changes no fact.
GENERIC_WORDS = frozenset(
    "use uses using used make makes made get gets got give gives take takes let lets want wants need needs needed put "
    "puts do does go goes way ways thing things work works working help find finds see sees look looks happen happens "
    "exist exists available possible able like means mean called user users person people someone somebody anyone "
    "everyone everybody choose chooses pick picks select selects click clicks tap press open opens enter write writes "
    "type types enable turn turns switch toggle list listed lists show shows shown according documentation docs "
    "document documents article page pages guide says said states note place places set sets come comes leave leaves "
    "keep keeps stay stays right directly default generally usually typically first next finally must required "
    "requires require ask asks follow follows following include includes including sure become "
    "becomes again disable".split()
)
# A row is a set of meanings that exclude each other; words of one meaning stand for each other.
CONTRASTS: tuple[tuple[frozenset[str], ...], ...] = tuple(
    tuple(frozenset(meaning.split()) for meaning in row.split("|"))
    for row in (
        "before prior|after",
        "begin begins beginning start starts opens|end ends ending close closes finish finishes",
        "top above upper|bottom below lower beneath",
        "left lefthand|right righthand",
        "first initial|last final",
        "next|previous",
        "left-click|right-click|double-click",
        "online|offline|idle|away|busy",
        "public|private personal personally personalized",
        "visible shown|invisible hidden",
        "enable enables enabled|disable disables disabled",
        (
            "allow allows allowed permit permits permitted let lets|deny denies denied forbid forbids forbidden "
            "prevent prevents prevented block blocks blocked"
        ),
        "active valid working|inactive invalid expired expires stops stopped",
        (
            "delete deletes deleted erase erases erased remove removes removed lost gone|keep keeps kept store "
            "stores stored retain retains retained remain remains preserved saved"
        ),
        "add adds added|remove removes removed",
        "create creates created|delete deletes deleted destroy destroys",
        "archive archives archived|unarchive unarchives unarchived restore restores restored",
        "mute mutes muted|unmute unmutes unmuted",
        "lock locks locked|unlock unlocks unlocked",
        "automatic automatically|manual manually",
        "import imports imported importing|export exports exported exporting",
        "upload uploads uploaded|download downloads downloaded",
        "upgrade upgrades upgraded|downgrade downgrades downgraded",
        "send sends sent sender|receive receives received recipient recipients",
        "incoming inbound|outgoing outbound",
        "internal|external",
        "local locally|remote synced synchronized sync",
        "cloud|self-hosted",
        "free|paid",
        (
            "daily day days|weekly week weeks|monthly month months|yearly annual annually year years|hourly hour hours"
            "|minute minutes|second seconds"
        ),
        "minimum least|maximum most",
        "increase increases increased raise raises|decrease decreases decreased reduce reduces lowers",
        "more|less fewer",
        "higher|lower",
        "longer|shorter",
        "larger bigger|smaller",
        "older|newer",
        "include includes including included|exclude excludes excluding excluded except",
        "temporary temporarily|permanent permanently forever",
        "optional voluntary|mandatory required obligatory must",
        "single|multiple several",
        "horizontal horizontally|vertical vertically",
        "owner owners|administrator administrators admin admins|moderator moderators|member members|guest guests",
        "reader readers|writer writers author authors",
        "customer customers|supplier suppliers vendor vendors",
        "gross|net",
        "credit|debit",
        "accept accepts accepted approve approves approved|reject rejects rejected decline declines declined",
        "success succeeds successful|failure fails failed",
        "same identical|different",
        "true|false",
        "fake bogus dummy|real genuine forwarding",
        "morning|noon|evening|night",
        "north|south|east|west",
        "red|green|blue|yellow|orange|purple|black|white|grey gray",
        "desktop|mobile phone|tablet",
        "star stars starred|pin pins pinned",
        "input|output",
        "male|female",
        "mother|father",
        "win wins won|lose loses lost",
        "buy buys bought|sell sells sold",
        "always|never|sometimes",
        "all every everyone|some few",
    )
)
# "Only" and its kin narrow a fact; a sentence must not narrow or widen what its source says.
RESTRICTIONS = frozenset("only solely exclusively limited restricted must just".split())
OBLIGATIONS = frozenset("must required requires mandatory obligatory need needs needed only have has".split())
UNIVERSALS = frozenset("all every any anyone anybody everyone everybody each always".split())
# Words of like meaning in help pages, on top of a shared stem.
SYNONYMS: tuple[frozenset[str], ...] = tuple(
    frozenset(row.split())
    for row in (
        "change changes edit edits editing modify alter adjust update updated",
        "delete deletes deleted remove removes removed erase erased",
        "message messages post posts",
        "text content words",
        "cost costs price prices pricing charge charged pay",
        "add import insert",
        "notify notified notification notifications notice alert",
        "send sent sends sending mail",
        "read see view access",
        "automatic automatically",
        "attachment attachments file files",
        "image images picture pictures",
        "additional extra further",
        "begin begins beginning start starts opens",
        "end ends closes finishes",
        "link links url address",
        "invite invitation invitations invites",
        "app application client program",
        "organization company workspace",
        "override overrides overriding precedence",
        "plan tier",
        "login logins log sign signed signin",
        "email e-mail mail",
        "installer installation install installed",
        "keep kept retain retained leave remain preserved store stored",
        "buy purchase order",
        "show shows display displays displayed",
        "stop end cancel cancelled canceled",
    )
)
NEGATIONS = frozenset(
    "not no never none nobody nothing cannot cant unable impossible irreversible neither nor nowhere unavailable "
    "unsupported fails prevents prevent nicht kein keine keinen keinem keiner nie niemals pas jamais aucun aucune "
    "nunca ningún ninguna jamás mai nessuno nessuna non niet geen não nenhum ikke inte".split()
)
# Every word above: plain vocabulary, not a name, even where a sentence begins with it.
VOCABULARY = STOP_WORDS.union(
    GENERIC_WORDS,
    RESTRICTIONS,
    OBLIGATIONS,
    UNIVERSALS,
    NEGATIONS,
    *SYNONYMS,
    *(word for row in CONTRASTS for word in row),
)
