# Oberflächentexte auf Deutsch. Die Anrede ist du, wie in Slack.
#
# Ein Wort für eine Sache:
#   fragende Person   wer gefragt hat (asker)
#   Prüfteam          wer über Prüfungen entscheidet (reviewers); eine davon: jemand aus dem Prüfteam. „Ein Mensch“ steht
#                     nur, wo es heißt: nicht der Bot, also auf dem Knopf der fragenden Person und gleich danach.
#   Admin             wer die Befehle für Admins benutzen darf
#   Prüfung, Prüfkarte   eine Frage, über die das Prüfteam entscheidet, und ihre Nachricht (review, card)
#   freigeben, bearbeiten, ablehnen, nachfragen, übernehmen, neu entwerfen: was das Prüfteam tut, wie auf den Knöpfen
#   zurückgezogen     von einer Frage: Die Antwort wird nicht mehr gebraucht (taken back)
#   Entwurf           eine Antwort, die noch nicht gesendet ist (draft)
#   Zitat, Stelle, Quelle   quote, passage, source; eine Stelle wird zitiert oder mit ihrer Nummer genannt, etwa [1]
#   belegen           wörtlich oder geprüft in den zitierten Stellen finden (prove); Gegenprobe: der Vergleich danach
#   bewertet          was Leute von einer Antwort halten: hilfreich oder nicht, gut oder schlecht (rated)
#   Lücke             eine Frage, die die Dokumente nicht beantworten (gap)
#   Kennung           id
#   Sprachmodell für Fragende, Modell für Prüfteam und Admins
#   Dokumente werden eingelesen; vom Index lesen nur Admins
#   Angaben der Dauer (duration-…, wait-…) stehen im Dativ: „seit“, „nach“, „in“ oder „innerhalb von“ davor
# Auslassungspunkte haben einen Abstand, wenn sie für Wörter stehen: „… und 3 weitere“.

### Zeiten

wait-moment = einem Augenblick
wait-seconds = { $count ->
    [one] { $count } Sekunde
   *[other] { $count } Sekunden
}
updated = Stand { $day }

### Prüfkarten, die sich nicht posten lassen

no-reviewer-reached = Ich habe niemanden aus dem Prüfteam erreicht, deshalb sieht sich deine Frage noch niemand an. Sie bleibt in der Liste des Prüfteams offen, und die Antwort kommt hierher, sobald jemand entscheidet.
cards-refused = Ich kann in { $place } keine Prüfkarten posten: { $reason ->
    [is_archived] Der Kanal ist archiviert.
    [not_in_channel] Ich bin nicht in diesem Kanal.
    [channel_not_found] Den Kanal gibt es nicht, oder er ist privat und ich bin nicht darin.
   *[other] Die Antwort war „{ $reason }“.
}
cards-refused-direct = Bis das behoben ist, bekommen alle im Prüfteam die Karten als Direktnachricht.
cards-refused-listed = Bis das behoben ist, kommen dort keine Karten an. Die Fragen stehen in der Liste des Prüfteams.
cards-refused-doctor = Starte „citedesk doctor“: Es sagt, was zu tun ist.

### Smalltalk

small-talk-thanks = Gern geschehen!
small-talk-ok = Alles klar. Frag mich, wann immer du magst.

### Startseite von Fragenden

home-examples = Probier eine dieser Fragen
home-your-questions = Deine offenen Fragen
home-in-review = in Prüfung seit dem { $day }
home-taken = { $person } kümmert sich seit dem { $day } darum
home-waits-for-you = das Prüfteam hat eine Frage an dich und wartet auf deine Antwort
home-joined = Eine Frage, die du auch gestellt hast
home-none-open = Keine deiner Fragen wird gerade geprüft.

### Warum eine Anfrage so endete, für Admins

why-searched = { $documents ->
    [one] Für die Frage von { $asker } wurde ein Dokument durchsucht.
   *[other] Für die Frage von { $asker } wurden { $documents } Dokumente durchsucht.
}
why-searched-before = Für die Frage von { $asker } wurde ein Index durchsucht, der seither neu gebaut wurde.
why-not-searched = Zur Nachricht von { $asker } wurde nichts gesucht.
why-best = Die beste Stelle, aus „{ $title }“, passt zu { NUMBER($fit, style: "percent", maximumFractionDigits: 1) }.
why-best-hidden = Die beste Stelle, aus einem Dokument, das du nicht lesen darfst, passt zu { NUMBER($fit, style: "percent", maximumFractionDigits: 1) }.
why-best-gone = Die beste Stelle, aus einem Dokument, das nicht mehr im Index ist, passt zu { NUMBER($fit, style: "percent", maximumFractionDigits: 1) }.
why-title = „{ $title }“
why-near = Danach: { $titles }.
why-bar = { $rule ->
    [ask] Unter { NUMBER($bar, style: "percent", maximumFractionDigits: 1) } wird das Modell nicht gefragt.
   *[quote] Unter { NUMBER($bar, style: "percent", maximumFractionDigits: 1) } wird nichts zitiert.
}
why-bar-today = { $rule ->
    [ask] Heute wird unter { NUMBER($bar, style: "percent", maximumFractionDigits: 1) } das Modell nicht gefragt; was damals galt, ist nicht gespeichert.
   *[quote] Heute wird unter { NUMBER($bar, style: "percent", maximumFractionDigits: 1) } nichts zitiert; was damals galt, ist nicht gespeichert.
}
why-named = Die Stelle enthält etwas, das die Frage nennt, deshalb wurde sie trotz des niedrigen Werts verwendet.
why-no-model = An ein Modell wurde nichts geschickt.
why-model = { $requests ->
    [one] Eine Anfrage ging an { $server } ({ $model }).
   *[other] { $requests } Anfragen gingen an { $server } ({ $model }).
}
why-problems = Was nicht klappte: { $list }.
why-judge = { $judge } hat die Sätze mit den Stellen verglichen, die sie zitieren: { $list }.
why-findings = Die Prüfungen haben beanstandet: { $list }.
why-corrected = Vor der Suche wurden Tippfehler berichtigt.
why-reduced = Die Nachricht war lang, deshalb wurde nur nach ihrem wichtigsten Teil gesucht.
why-withheld = { $count ->
    [one] Eine Stelle wurde weggelassen, weil sie sich an ein Sprachmodell richtet.
   *[other] { $count } Stellen wurden weggelassen, weil sie sich an ein Sprachmodell richten.
}
why-instead = { $kind ->
    [cache] Gezeigt wurde stattdessen eine frühere Antwort, die noch galt.
    [quotes] Gezeigt wurde stattdessen der Wortlaut der Dokumente.
    [too-low] Was gefunden wurde, passt zu wenig, um es stattdessen zu zitieren.
   *[nothing] Es gab nichts, was sich stattdessen zeigen ließ.
}
why-review = { $state ->
    [approved] { $person } hat den Entwurf am { $day } freigegeben.
    [edited] { $person } hat die Antwort am { $day } geschrieben.
    [rejected] { $person } hat den Entwurf am { $day } abgelehnt.
    [expired] Niemand hat rechtzeitig darüber entschieden.
   *[open] Die Prüfung ist noch offen.
}
why-unknown = Die Anfrage endete mit dem Code { $code }, den diese Version nicht kennt.

why-ok = { $form ->
    [approved] Es kam eine Antwort, die das Prüfteam schon freigegeben hatte.
    [remembered] { why-ok-remembered }
    [cached] Es kam eine Antwort, die für dieselbe Frage schon belegt war.
    [proved-quotes] Der Wortlaut des Modells war nicht belegt, deshalb wurden die belegten Zitate gezeigt.
    [quoted] Geantwortet wurde im Wortlaut der Dokumente.
   *[written] Die Antwort ist Satz für Satz belegt.
}
why-ok-do = Es ist nichts zu tun.
why-input-empty = In der Nachricht stand kein Wort, also gab es nichts zu suchen.
why-input-empty-do = Es ist nichts zu tun.
why-input-too-long = Die Nachricht war länger, als ich lesen kann.
why-input-too-long-do = Wenn deine Leute längere Logs einfügen, erhöhe limits.pasted_chars.
why-no-question = Es war ein Gruß, ein Dank oder eine Bitte um Hilfe, deshalb kam eine freundliche Zeile mit Beispielen.
why-no-question-do = Es ist nichts zu tun.
why-user-limit = Diese Person hatte so oft gefragt, wie eine Person darf.
why-user-limit-do = Wenn das zu wenig ist, erhöhe limits.per_user.
why-tenant-limit = Der Workspace hatte so oft gefragt, wie er darf.
why-tenant-limit-do = „citedesk report“ zeigt, wer so viel fragt; oder erhöhe limits.per_tenant.
why-route-limit = Aus diesem Produkt kamen mehr Fragen, als limits.per_route erlaubt.
why-route-limit-do = Wenn das zu wenig ist, erhöhe limits.per_route.
why-queue-full = Gerade waren zu viele Fragen in Arbeit.
why-queue-full-do = „citedesk report“ zeigt, was langsam ist; erhöhe limits.in_flight nur, wenn der Rechner Luft hat.
why-token-budget = Der Workspace hatte die Tokens für diesen Tag verbraucht.
why-token-budget-do = Warte bis zum nächsten Tag, oder erhöhe limits.tenant_tokens_per_day.
why-index-unavailable = Es gab keinen Index, in dem man suchen konnte.
why-index-unavailable-do = Starte „citedesk doctor“, dann „citedesk index build“.
why-retrieval-empty = Die Suche fand nichts, was diese Person dort lesen darf.
why-retrieval-empty-do = Prüfe die Gruppen der Dokumente und die Quellen dieses Kanals.
why-retrieval-low = Das ist zu wenig, deshalb gab es keine Antwort.
why-retrieval-low-do = Damit es eine gibt, schreib den fehlenden Artikel; wenn gute Fragen immer wieder so enden, kalibriere.
why-access-filtered = Ein Dokument, das diese Person nicht lesen darf, liegt viel näher an der Frage; ihr wurde nur gesagt, dass die Informationen nicht reichen.
why-access-filtered-do = Prüfe, ob die Zugriffsregeln so sind, wie du sie willst.
why-insufficient-context = Was gefunden wurde, beantwortet die Frage nicht, deshalb gab es keine Antwort.
why-insufficient-context-do = Damit es eine gibt, schreib den fehlenden Artikel.
why-not-the-question = Die Gegenprobe ergab, dass der Entwurf nicht beantwortet, was gefragt war; er wurde nicht gezeigt.
why-not-the-question-do = Damit es eine Antwort gibt, schreib den fehlenden Artikel.
why-model-timeout = Das Modell hat nicht rechtzeitig geantwortet.
why-model-timeout-do = Prüfe den Modellserver; wie lange gewartet wird, steht in llm.read_timeout_s und limits.request_deadline_s.
why-model-down = Der Modellserver war nicht erreichbar oder fiel aus.
why-model-down-do = Prüfe den Server mit „citedesk doctor“.
why-model-rate-limited = Der Modellserver oder unsere eigene Begrenzung ließ keine Anfrage mehr rechtzeitig durch.
why-model-rate-limited-do = Hol dir ein größeres Kontingent, stell llm.requests_per_minute darauf ein, oder trag unter llm.failover einen Server ein.
why-model-refused = Der Modellserver hat die Anfrage abgelehnt.
why-model-refused-do = Prüfe Schlüssel, Kontingent, Modell und Adresse mit „citedesk doctor“.
why-model-empty = In der Antwort des Modells stand nichts, auch beim zweiten Mal nicht.
why-model-empty-do = Versuch ein anderes Modell.
why-model-cut-off = Das Modell kam an seine Tokengrenze, bevor es etwas gesagt hatte.
why-model-cut-off-do = Erhöhe limits.output_tokens_max, oder senke llm.reasoning_effort.
why-content-filter = Das Modell oder der Inhaltsfilter seines Servers wollte nicht antworten.
why-content-filter-do = Frag die Leute, die den Server betreiben.
why-circuit-open = Der Modellserver war mehrmals hintereinander ausgefallen und bekam deshalb eine Weile keine Anfragen.
why-circuit-open-do = Prüfe den Server mit „citedesk doctor“.
why-schema-invalid = Die Antwort des Modells war nicht lesbar, auch nach einem Reparaturversuch nicht.
why-schema-invalid-do = Versuch ein anderes Modell oder ein anderes llm.output_format.
why-unverified = Kein Zitat im Entwurf des Modells ließ sich belegen, deshalb entscheidet das Prüfteam.
why-unverified-do = Sieh dir die Prüfung an; wenn das oft vorkommt, versuch ein anderes Modell.
why-low-confidence = Das Modell war sich selbst nicht sicher, deshalb entscheidet das Prüfteam.
why-low-confidence-do = Sieh dir die Prüfung an; review.low_confidence kann stattdessen die Zitate zeigen.
why-approval-required = In diesem Kanal gibt das Prüfteam jede Antwort zuerst frei.
why-approval-required-do = Sieh dir die Prüfung an.
why-disputed = Die Antwort wurde schlecht bewertet, deshalb entscheidet das Prüfteam.
why-disputed-do = Sieh dir die Prüfung an.
why-source-changed = Ein Dokument hinter einer freigegebenen Antwort hat sich geändert, deshalb entscheidet das Prüfteam.
why-source-changed-do = Sieh dir die Prüfung an.
why-policy = Die Antwort wiederholte unsere eigenen Anweisungen oder enthielt Zugangsdaten, deshalb wurde nichts davon gezeigt.
why-policy-do = Entferne Zugangsdaten aus den Dokumenten.
why-deadline = Es dauerte länger als limits.request_deadline_s.
why-deadline-do = „citedesk report“ zeigt, welcher Schritt langsam ist.
why-delivery-failed = Es gab eine Antwort, aber sie ließ sich nicht posten.
why-delivery-failed-do = Im Log steht bei post_failed, warum; oft ist der Bot nicht im Kanal.
why-internal = Bei uns ist etwas schiefgegangen.
why-internal-do = Im Log steht bei pipeline_failed die Art des Fehlers; bitte melde ihn.

why-finding-no-citation = der Text nennt keine Quelle
why-finding-unknown-chunk = eine Nummer in Klammern nennt keine gefundene Stelle
why-finding-quote-not-found = ein Zitat steht nicht wörtlich in seiner Quelle
why-finding-uncited-claim = hinter einem Satz steht kein belegtes Zitat
why-finding-unsupported-value = eine Zahl, ein Datum, der Name einer Schaltfläche oder Ähnliches steht nicht in den genannten Stellen
why-finding-foreign-link = ein Link steht in keinem Dokument
why-finding-contradicted = die Stellen sagen etwas anderes
why-finding-not-stated = die Stellen sagen nicht alles davon
why-finding-not-judged = keine Gegenprobe hat einen Satz mit seiner Quelle verglichen
why-finding-too-long = der Text ist zu lang
why-finding-leak = er wiederholt unsere eigenen Anweisungen oder enthält Zugangsdaten
why-finding-check-failed = eine der Prüfungen ließ sich nicht ausführen
why-verdict-supported = { $count } belegt
why-verdict-contradicted = { $count } widerlegt
why-verdict-not-stated = { $count } dort nicht erwähnt
why-verdict-verbatim = { $count } wörtlich

### Lücken: die beiden Knöpfe unter jeder, für Admins

gap-draft-article = Artikel entwerfen
gap-write-answer = Antwort schreiben
gap-gone = Das ist keine Lücke mehr: Jemand hat sie beantwortet, oder sie ist zu alt.
gap-article-intro = Eine Gliederung für den fehlenden Artikel. Sie enthält, was gefragt wurde und wo du nachsehen kannst; den Rest schreibst du.
gap-article-sent = Ich habe dir die Gliederung in unserem eigenen Chat geschickt.
gap-article-asked = Gefragt
gap-article-times = { $count ->
    [one] einmal
   *[other] { $count }-mal
}
gap-article-answer = Antwort
gap-article-to-write = (schreib hier die Antwort und lösche, was darunter steht)
gap-article-near = Nächstliegende Dokumente
gap-article-none-near = Kein Dokument kommt dem nahe.
gap-article-missing = Was fehlt
gap-article-no-passage = Keine dieser Stellen beantwortet die Fragen oben.
gap-article-no-word = Kein Dokument, das du lesen darfst, enthält diese Wörter: { $list }.
gap-form-title = Antwort schreiben
gap-form-send = Speichern
gap-form-questions = Fragen, auf die das die Antwort ist
gap-form-passages = Nenne mit ihren Nummern die Stellen, auf denen die Antwort beruht, etwa [1]. Alle, die die zitierten Dokumente lesen dürfen, bekommen von jetzt an diese Antwort.
gap-form-no-passages = Es wurde keine Stelle gefunden. Such unten nach einer.
gap-form-search = Andere Stellen: Wörter, nach denen gesucht wird
gap-form-find = Andere Stellen suchen
gap-below = Du findest es unten.
gap-form-search-hint = Füll das aus und drück auf „{ gap-form-send }“: Gespeichert wird noch nichts, und die gefundenen Stellen erscheinen oben.
gap-form-anyway = Trotzdem speichern: Ich stehe dafür ein, und das wird festgehalten
gap-form-empty = Schreib zuerst eine Antwort.
gap-form-none-chosen = Wähle mindestens eine Frage.
gap-form-uncited = Nenne mindestens eine Stelle, etwa [1]: Ohne Dokument wüsste niemand, wer die Antwort lesen darf. Wenn es in keinem Dokument steht, drück stattdessen auf „{ gap-draft-article }“.
gap-stored = { $questions ->
    [one] Gespeichert. Von jetzt an bekommt die Frage diese Antwort.
   *[other] { $askers ->
        [one] Gespeichert. Von jetzt an bekommen { $questions } Fragen einer Person diese Antwort.
       *[other] Gespeichert. Von jetzt an bekommen { $questions } Fragen von { $askers } Personen diese Antwort.
    }
}
gap-stored-barred = { $barred ->
    [one] Eine der Personen, die gefragt haben, darf das Zitierte nicht lesen und bekommt die Antwort nicht.
   *[other] { $barred } der Personen, die gefragt haben, dürfen das Zitierte nicht lesen und bekommen die Antwort nicht.
}

### Der Bericht und die wöchentliche Übersicht

report-heading = Citedesk in den letzten { $days } Tagen
report-questions-name = Fragen
report-questions = { $questions ->
    [one] Eine Frage
   *[other] { $questions } Fragen
} von { $people ->
    [one] einer Person
   *[other] { $people } Personen
}.
report-helpful-name = Hilfreich gefunden
report-helpful = { NUMBER($share, style: "percent", maximumFractionDigits: 0) } ({ $count } von { $judged }, die bewertet wurden).
report-unjudged = Keine Antwort wurde bewertet.
report-reviews-name = Prüfungen
report-decided = { $count ->
    [one] Eine entschieden, nach { $median }.
   *[other] { $count } entschieden, die Hälfte innerhalb von { $median }, die längste nach { $longest }.
}
report-expired = { $count ->
    [one] Eine endete ohne Entscheidung.
   *[other] { $count } endeten ohne Entscheidung.
}
report-waiting = { $count ->
    [one] Eine wartet gerade.
   *[other] { $count } warten gerade.
}
report-no-reviews = Keine.
report-spend-name = Verbraucht
report-tokens = { $tokens } Tokens; es ist kein Preis eingestellt.
report-cost = { $tokens } Tokens, { NUMBER($dollars, minimumFractionDigits: 2, maximumFractionDigits: 2) } US-Dollar.
report-end-proved = belegt beantwortet
report-end-quoted = zitiert
report-end-not-enough = nicht genug Informationen
report-end-person = ans Prüfteam
report-end-other = begrenzt oder gestört
report-share = { NUMBER($share, style: "percent", maximumFractionDigits: 0) }
report-gaps-name = Größte Lücken
report-gap-asked = „{ $question }“: { $times ->
    [one] einmal
   *[other] { $times }-mal
}, { $people ->
    [one] eine Person
   *[other] { $people } Personen
}
report-gap-near = { $times ->
    [one] Eine Frage
   *[other] { $times } Fragen
} von { $people ->
    [one] einer Person
   *[other] { $people } Personen
}, am nächsten liegt: { $titles }
report-gap = { $times ->
    [one] Eine Frage
   *[other] { $times } Fragen
} von { $people ->
    [one] einer Person
   *[other] { $people } Personen
}, kein Dokument kommt nahe
report-not-seen-name = Zuletzt nicht gesehene Dokumente
report-not-seen = { $title }: { $days ->
    [one] seit einem Tag nicht gesehen
   *[other] seit { $days } Tagen nicht gesehen
}; { $copy ->
    [yes] die letzte Kopie wird genutzt
   *[no] nicht mehr im Index
}
report-not-seen-more = { $count ->
    [one] Ein weiteres; „citedesk index status“ zeigt es.
   *[other] { $count } weitere; „citedesk index status“ zeigt sie.
}
report-for-admins = Admins sehen die Fragen mit „gaps“.
in-quotes = „{ $text }“
moment-of = { $day }, { $time } UTC

### Ergebnisse

expired = Niemand konnte sich deine Frage rechtzeitig ansehen, deshalb habe ich keine geprüfte Antwort. Frag bitte noch einmal, oder frag direkt jemanden aus dem Team.
checked-by-a-person = Das prüft noch ein Mensch und antwortet dir dann hier.
quoted = Das steht in den Dokumenten
meanwhile = Bis dahin: Das steht in den Dokumenten
closest = Am ehesten passt
nearest-documents = Am nächsten kommen diese Dokumente:
approved-by-on = Freigegeben von { $who } am { $day }
did-you-mean = Meintest du
blocked = Die Antwort darauf darf ich nicht zeigen: Sie verstößt gegen meine Sicherheitsregeln. Mit der Kennung unten kann ein Admin nachsehen, warum.
escalated = Ich habe deine Frage an einen Menschen weitergegeben. Die Antwort kommt hierher.
not-enough-head = Nicht genug Informationen.
not-enough = Ich habe in den Dokumenten keine Antwort gefunden, die ich belegen kann.
not-enough-at-all = { not-enough-head } { not-enough }
introduction = Ich beantworte Fragen aus den Dokumenten deines Teams und zeige, wo die Antwort steht. Stell mir deine Frage einfach in einem Satz.
introduction-with-examples = Ich beantworte Fragen aus den Dokumenten deines Teams und zeige, wo die Antwort steht. Zum Beispiel:
not-confirmed = Das Prüfteam hat sich das angesehen, konnte aber aus den Dokumenten keine Antwort bestätigen.
given-up = Bei deiner Frage ist mehrmals etwas schiefgegangen, deshalb habe ich keine Antwort. Frag bitte später noch einmal, oder sag einem Admin Bescheid.
files-left-out = Ich lese nur Text: Die Dateien habe ich weggelassen.
may-see-more = Du darfst Dokumente lesen, die hier nicht alle lesen dürfen. Frag mich auch in unserem eigenen Chat.
passed-on = Danke, das habe ich ans Prüfteam weitergegeben.
stopped-words = Angehalten. Ich habe nicht geantwortet; frag einfach noch einmal, wann du willst.
other-language = Die Dokumente sind auf { $language }; frag am besten auf { $language }.
another-language = Die Dokumente sind in einer anderen Sprache; frag am besten in dieser.
understood-as = So habe ich dich verstanden
understood-corrected = Das habe ich gelesen als
understood-reduced = Deine Nachricht ist lang. Gesucht habe ich nach
unavailable = Ich kann gerade nicht antworten.
unavailable-index-unavailable = Die Dokumente lassen sich noch nicht durchsuchen. Ein Admin kann nachsehen, warum.
unavailable-deadline = Es hat zu lange gedauert.
unavailable-internal = Bei uns ist etwas schiefgegangen.

### Wer keine Antwort bekommt

stranger = Ich arbeite für eine andere Organisation und antworte nur ihren Leuten, deshalb kann ich dir nicht antworten.
guest = Ich antworte nur den Leuten dieser Organisation, und du bist hier zu Gast. Frag bitte jemanden von ihnen.
unchecked = Ich konnte nicht feststellen, ob du hier zu Gast bist, deshalb kann ich noch nicht antworten. Versuch es bitte in einer Minute noch einmal.

### Grenzen

too-fast = Das ging schneller, als ich es annehmen kann. Deinen letzten Klick oder Befehl habe ich nicht angenommen; alles davor zählt. Versuch es bitte in { $wait } noch einmal.
limit-input-empty = Ich brauche eine Frage in Worten. Frag mich in einem Satz.
limit-input-too-long = Das ist länger als die { $limit } Zeichen, die ich lesen kann. Frag bitte kürzer.
limit-user-limit = { $limit ->
    [one] Du hast die Grenze von einer Frage vorerst erreicht. Frag bitte in { $wait } noch einmal.
   *[other] Du hast die Grenze von { $limit } Fragen vorerst erreicht. Frag bitte in { $wait } noch einmal.
}
limit-tenant-limit = { $limit ->
    [one] Dieser Workspace hat seine Grenze von einer Frage erreicht. Frag bitte in { $wait } noch einmal.
   *[other] Dieser Workspace hat seine Grenze von { $limit } Fragen erreicht. Frag bitte in { $wait } noch einmal.
}
limit-route-limit = Gerade kommen zu viele Fragen an. Frag bitte in { $wait } noch einmal.
limit-queue-full = { $limit ->
    [one] Ich arbeite gerade an einer anderen Frage. Frag bitte in { $wait } noch einmal.
   *[other] Ich arbeite gerade an { $limit } Fragen. Frag bitte in { $wait } noch einmal.
}
limit-token-budget = Dieser Workspace hat seinen Anteil am Sprachmodell für heute verbraucht. Frag bitte in { $wait } noch einmal.

### Prüfungen, für die Prüfenden

hidden-draft = Dieser Entwurf zitiert Dokumente, die in diesem Kanal nicht alle lesen dürfen.
hidden-sources = Diese Prüfung nennt Dokumente, die in diesem Kanal nicht alle lesen dürfen.
outdated-draft = Dieser Entwurf lässt sich nicht senden: Ein Dokument, das er zitiert, hat sich geändert oder ist weg, oder nicht alle, die die Antwort lesen würden, dürfen es lesen. Drück auf „{ button-draft-again }“.
asked-by-one = { $who } fragt
asked-by-several = { $count } Leute fragen: { $names }
asked-by-many = { $count } Leute fragen: { $names } und { $more } weitere
review-reason-unverified = Der Entwurf ließ sich aus den Dokumenten nicht belegen.
review-reason-low-confidence = Das Modell war nicht sicher, dass sein Entwurf die Frage beantwortet.
review-reason-insufficient-context = Hier möchte jemand eine Antwort von einem Menschen.
review-reason-approval-required = Der Entwurf ist belegt. In diesem Kanal gibt das Prüfteam jede Antwort zuerst frei.
review-reason-disputed = Die Antwort darauf wurde schlecht bewertet. Das würde ich jetzt sagen.
review-reason-source-changed = Diese Antwort wurde freigegeben, und seither hat sich ein Dokument geändert, das sie zitiert.
decision-open = Offen
decision-claimed = Übernommen von { $who }
decision-approved = Freigegeben von { $who }
decision-edited = Bearbeitet und freigegeben von { $who }
decision-written = Beantwortet von { $who }
decision-rejected = Abgelehnt von { $who }
decision-expired = Ohne Entscheidung beendet: Niemand kam rechtzeitig dazu
decision-withdrawn = Die Frage wurde zurückgezogen

### Einwände: was auf die Worte folgt, um die es geht

finding-no-citation = nennt keine Quelle
finding-unknown-chunk = nennt keine gefundene Stelle
finding-quote-not-found = steht nicht wörtlich in der Quelle, aus der es zitiert ist
finding-uncited-claim = hat kein belegtes Zitat hinter sich
finding-unsupported-value = steht nicht an den Stellen, die der Satz zitiert
finding-contradicted = widerspricht den Stellen, die hier zitiert sind
finding-not-stated = geht über die Stellen hinaus, die hier zitiert sind
finding-not-judged = steht nicht wörtlich in der Quelle, und keine Gegenprobe hat beides verglichen
finding-foreign-link = ist ein Link, der in keinem Dokument steht
finding-too-long = ist zu lang
finding-leak = wiederholt unsere eigenen Anweisungen oder enthält Zugangsdaten
finding-check-failed = ließ sich nicht prüfen

### Rückmeldung

feedback-reason-wrong = Die Antwort ist falsch
feedback-reason-outdated = Die Antwort ist veraltet
feedback-reason-incomplete = Es fehlt etwas
feedback-reason-off-topic = Die Antwort passt nicht zur Frage
feedback-reason-other = Etwas anderes

### Server der Sprachmodelle, für Fragende und für Admins

no-model-model-timeout = Das Sprachmodell hat nicht rechtzeitig geantwortet.
no-model-model-down = Das Sprachmodell war nicht erreichbar.
no-model-circuit-open = { no-model-model-down }
no-model-model-rate-limited = Das Sprachmodell ist gerade überlastet.
no-model-model-refused = Der Server des Sprachmodells hat die Anfrage abgelehnt.
no-model-content-filter = Der Anbieter des Sprachmodells wollte das nicht beantworten.
no-model-schema-invalid = Die Antwort des Sprachmodells war nicht lesbar.
no-model-model-empty = Das Sprachmodell hat keine Antwort gegeben.
no-model-model-cut-off = { no-model-model-empty }
own-words = Das hier steht wörtlich in den Dokumenten.
problem-model-timeout = das Modell hat nicht rechtzeitig geantwortet
problem-model-down = der Server war nicht erreichbar oder fiel aus
problem-circuit-open = der Server fiel immer wieder aus und bekommt deshalb eine Weile keine Anfragen
problem-model-rate-limited = der Server ließ keine weiteren Anfragen durch
problem-model-refused = das Modell hat die Anfrage abgelehnt
problem-model-empty = das Modell hat nichts gesagt
problem-model-cut-off = die Antwort brach an der Tokengrenze ab
problem-content-filter = der Inhaltsfilter des Anbieters oder das Modell wollte nicht antworten
problem-schema-invalid = die Antwort war nicht lesbar
problem-status = Status { $status }
problem-finish-reason = Abschlussgrund { $reason }
problem-seconds = nach { NUMBER($seconds, minimumFractionDigits: 1, maximumFractionDigits: 1) } s
problem-learnt = { $problem }, auf andere Weise noch einmal gefragt
problem-times = { $problem }, { $count }-mal

### Absagen

nothing-changed = Es wurde nichts geändert.
error-internal = Bei uns ist etwas schiefgegangen. Versuch es bitte noch einmal, oder sag einem Admin Bescheid.
error-build-running = Ich lese die Dokumente gerade schon ein. Versuch es bitte noch einmal, wenn das fertig ist.
error-index-unavailable = Ich komme gerade nicht an die Dokumente. Versuch es bitte später noch einmal.
error-not-allowed = Darüber entscheidet nur das Prüfteam. Wenn du dazugehören sollst, sag den Leuten Bescheid, die Citedesk betreiben.
error-not-admin = Das dürfen nur Admins. Bitte die Person, die Citedesk betreibt, dich in access.admins einzutragen.
error-review-restricted = Dieser Entwurf zitiert ein Dokument, das du nicht lesen darfst. Überlass ihn jemand anderem aus dem Prüfteam.
error-review-unknown = Diese Prüfung gibt es nicht mehr.
error-request-unknown = Ich kenne keine Anfrage mit dieser Kennung. Kopier sie bitte unten aus meiner Antwort.
error-review-without-draft = Es gibt keinen Entwurf zum Freigeben. Schreib stattdessen eine Antwort.
error-review-hidden = Ein Dokument, das dieser Entwurf zitiert, ist nicht mehr da, deshalb bekommt ihn niemand zu sehen. Drück auf „{ button-draft-again }“.
error-review-not-drafted = Ich konnte gerade keinen Entwurf schreiben und behalte den alten. Versuch es bitte später noch einmal.
error-review-redrafted = Der Entwurf wurde eben neu geschrieben. Es wurde nichts gesendet: Lies zuerst den neuen.
error-draft-outdated = „{ $title }“ hat sich seither geändert: Was daraus zitiert ist, steht nicht mehr da.
error-source-gone = „{ $title }“ ist nicht mehr unter den Dokumenten.
error-source-restricted = Nicht alle, die die Antwort lesen würden, dürfen „{ $title }“ lesen.
error-draft-advice = Es wurde nichts gesendet. Drück auf „{ button-draft-again }“, oder bearbeite die Antwort so, dass sie das nicht zitiert.
error-review-decided = Es wurde nichts geändert. { $decision }.
error-review-claimed = { $who } hat das schon übernommen. Drück zuerst auf „{ button-take-over }“, wenn es sein muss.

### Schaltflächen, höchstens 75 Zeichen

button-approve = Freigeben
button-edit = Bearbeiten
button-write-answer = Antwort schreiben
button-reject = Ablehnen
button-ask-back = Nachfragen
button-claim = Ich kümmere mich
button-take-over = Trotzdem übernehmen
button-draft-again = Neu entwerfen
button-show-in-private = Nur mir zeigen
button-ask-a-person = Einen Menschen fragen
button-try-again = Noch einmal versuchen
button-ask-in-private = Privat fragen

### Antworten auf Befehle

no-gaps = Keine Lücken: In den letzten Tagen hatte jede Frage eine Antwort.
no-reviews = Auf dich wartet keine Prüfung.
reindexing = Ich lese die Dokumente neu ein und melde mich hier.
outcome-answered = beantwortet
outcome-needs-review = ans Prüfteam gegeben
outcome-not-enough-info = nicht genug Informationen
outcome-blocked = zurückgehalten
outcome-limited = begrenzt
outcome-unavailable = nicht möglich
and-more = … und { $count } weitere
none = keine
status-documents = Dokumente
status-answers-by = Antworten von
answers-by-extractive = den Dokumenten selbst, wörtlich und ohne Sprachmodell
status-last-day = Letzte 24 Stunden
status-reviews = Offene Prüfungen
status-work = In Arbeit
status-approved = Freigegebene Antworten
status-processes = Prozesse
status-serving = { $behind ->
    [0] { $count } antworten, alle mit denselben Dokumenten
   *[other] { $count } antworten, { $behind } mit anderen Dokumenten
}
status-index = { $documents ->
    [one] { $documents } Dokument
   *[other] { $documents } Dokumente
}, eingelesen am { $when }, { $skipped ->
    [0] keine Datei weggelassen
    [one] { $skipped } Datei weggelassen
   *[other] { $skipped } Dateien weggelassen
}
status-no-index = noch keine durchsuchbar; ein Admin kann sie mit { $command } einlesen
status-not-seen = { $count ->
    [one] { $count } Dokument zuletzt nicht gesehen
   *[other] { $count } Dokumente zuletzt nicht gesehen
}
status-neglected = ein Auftrag, sie einzulesen, wartet, und es läuft nichts, das sie einliest
status-build-failed = das Einlesen am { $when } ist fehlgeschlagen: { $error }
status-build-failed-unnamed = das Einlesen am { $when } ist fehlgeschlagen: Warum, sieht ein Admin
status-waiting = { $questions ->
    [one] { $questions } Frage
   *[other] { $questions } Fragen
}, { $replies ->
    [one] { $replies } Antwort
   *[other] { $replies } Antworten
}; in 7 Tagen { $given-up ->
    [0] keine Nachricht verloren
    [one] { $given-up } Nachricht verloren
   *[other] { $given-up } Nachrichten verloren
}
curated-live = { $count } in Gebrauch
curated-stale = { $count } veraltet
why-no-stage = kein Schritt wurde erreicht
usage-head = Letzte { $days } Tage
usage = { $requests ->
    [one] { $requests } Frage
   *[other] { $requests } Fragen
} von { $people ->
    [one] { $people } Person
   *[other] { $people } Personen
}, { $requests ->
    [one] in
   *[other] die Hälfte davon in höchstens
} { NUMBER($seconds, minimumFractionDigits: 1, maximumFractionDigits: 1) } Sekunden beantwortet; { $tokens } Tokens, { $cost }.
usage-cost = { NUMBER($dollars, minimumFractionDigits: 2, maximumFractionDigits: 2) } US-Dollar
usage-no-price = es ist kein Preis eingestellt
rolled-back = Die Dokumente sind wieder so, wie ich sie am { $when } eingelesen habe: { $snapshot }.
reopened = { $count ->
    [one] Es wurde noch nichts geändert. Der Stand vom { $when } öffnet { $count } Dokument für mehr Leute:
   *[other] Es wurde noch nichts geändert. Der Stand vom { $when } öffnet { $count } Dokumente für mehr Leute:
}
reopened-now-for = { $document }: für { $then }, jetzt für { $now }
reopened-now-left-out = { $document }: für { $then }, jetzt weggelassen ({ $why })
reopened-now-deleted = { $document }: für { $then }, jetzt gelöscht
coverage = Eingelesen: { $indexed } von { $seen ->
    [one] { $seen } Datei
   *[other] { $seen } Dateien
} durchsuchbar, mit { $chunks ->
    [one] { $chunks } Stelle
   *[other] { $chunks } Stellen
} ({ $reused } unverändert).
not-seen-kept = zuletzt gesehen am { $day }, vor { $days ->
    [one] { $days } Tag
   *[other] { $days } Tagen
}; die Kopie von damals wird benutzt
not-seen-gone = zuletzt gesehen am { $day }, vor { $days ->
    [one] { $days } Tag
   *[other] { $days } Tagen
}; nicht mehr im Index
gap = { $times ->
    [one] einmal
   *[other] { $times }-mal
}, { $people ->
    [one] eine Person
   *[other] { $people } Personen
}, zuletzt am { $day }

### Um eine Antwort herum, in Slack

you-asked = Deine Frage: „{ $text }“
asked-before = schon einmal gefragt, Dokumente unverändert
sources = Quellen
feedback-good = Gute Antwort
feedback-bad = Schlechte Antwort
feedback-helpful = Hilfreich
feedback-not-helpful = Nicht hilfreich
feedback-thanks = Danke, ist notiert.
feedback-thanks-for-reason = Danke dir. Das hilft, die Antworten und die Dokumente zu verbessern.
input-should-say = Was sollte da stehen?
escalated-before = Deine Frage liegt schon bei einem Menschen. Die Antwort kommt hierher.
asked-already = Das hast du schon gedrückt: Meine Antwort steht hier oder ist unterwegs.
failed = Bei uns ist etwas schiefgegangen, und es wurde nichts getan. Versuch es bitte noch einmal.
not-posted = Ich habe eine Antwort für dich, konnte sie aber nicht dort posten, wo du gefragt hast ({ $reason }). Frag mich bitte hier.
prompts-title = Frag mich
progress-status = liest die Dokumente …
loading-reading = Ich lese die Dokumente …
loading-comparing = Ich vergleiche, was sie sagen …
loading-checking = Ich prüfe jede Quelle …
step-retrieve = Dokumente durchsuchen
step-generate = Antwort entwerfen
step-verify = Jedes Zitat prüfen
step-judge = Jeden Satz mit seiner Quelle vergleichen

### Prüfungen: Karten und Fenster

reviewed-by = Geprüft von { $who }
answered-by-a-person = Beantwortet von { $who }, nicht aus den Dokumenten
asks-back = { $who } sieht sich deine Frage an und möchte wissen:
reply-in-thread = Antworte in diesem Thread.
reply-in-channel = Antworte in diesem Thread. Wenn hier auch andere geschrieben haben, erwähne mich.
reply-here = Antworte hier.
review-needed = Bitte prüfen
review-needed-about = Bitte prüfen: { $question }
question = Frage
draft = Entwurf
quotes = Zitate
findings = Einwände
sent = Gesendet
reason = Grund
sent-anyway = Gesendet, obwohl sich nicht jeder Satz aus den Dokumenten belegen ließ.
sent-anyway-unsourced = Ohne Beleg aus den Dokumenten gesendet.
reminder = Das wartet noch auf das Prüfteam, und jemand wartet auf die Antwort.
asker-answers = { $who } antwortet:
waiting-for-asker = Wartet auf die Antwort der fragenden Person.
modal-in-private = Nur für dich
modal-nothing-sent = Nichts gesendet
modal-edit = Antwort bearbeiten
modal-write = Antwort schreiben
modal-reject = Frage ablehnen
modal-reject-several = Auswahl ablehnen
modal-ask-back = Nachfragen
modal-complaint = Was stimmt nicht?
modal-thanks = Danke
submit-send = Senden
submit-ask = Fragen
close = Schließen
close-cancel = Abbrechen
close-skip = Überspringen
input-answer = Antwort
input-reason = Grund für die fragende Person
input-reason-of-several = Grund für die fragenden Personen
input-question = Was möchtest du wissen?
markers-hint = Mit einer Nummer wie [1] hinter einem Satz geht die Quelle mit, die so heißt. Ohne Nummer gilt die Antwort als deine, nicht als die der Dokumente.
not-proved-by-documents = Das belegen die Dokumente nicht:
not-proved = Nicht belegt
send-anyway = Trotzdem senden: Ich stehe dafür ein, und das wird festgehalten
anyway-missing = Setz dieses Häkchen, oder ändere die Antwort.
answer-missing = Schreib eine Antwort, oder brich ab und lehne ab.
reviews-to-reject = { $count ->
    [one] { $count } Prüfung wird abgelehnt.
   *[other] { $count } Prüfungen werden abgelehnt.
}
not-claimed = Nicht übernommen
not-rejected = Nicht abgelehnt
select-first = Wähle zuerst Prüfungen aus.

### Die Startseite der App in Slack

home-intro = Ich antworte aus den Dokumenten deines Teams, mit Quellen, oder sage, dass ich es nicht kann. Schreib mir unter { $messages }, erwähne mich in einem Kanal oder tippe { $command }.
home-messages = Nachrichten
home-reviews = Offene Prüfungen: { $count }
home-nothing = Hier ist nichts.
home-previous = Zurück
home-next = Weiter
home-page = Seite { $page } von { $pages }
home-several = Mehrere auf einmal
home-claim-selected = Ich kümmere mich um die Auswahl
home-reject-selected = Auswahl ablehnen
home-status = Wie es läuft
home-outcomes = Ergebnisse der letzten 7 Tage
home-helpful = { $helpful ->
    [one] Einmal
   *[other] { $helpful }-mal
} hilfreich gefunden, { $unhelpful ->
    [one] einmal
   *[other] { $unhelpful }-mal
} nicht hilfreich.
home-reindex = Dokumente neu einlesen
filter-open = Offen
filter-mine = Von mir übernommen
filter-disputed = Offen, schlecht bewertet
filter-changed = Offen, eine Quelle hat sich geändert
filter-decided = Zuletzt entschieden
left-out = Weggelassen
left-out-more = … und { $count } weitere; auf der Kommandozeile zeigt { $command } alle.

### Befehle in Slack

help-head = Citedesk antwortet aus den Dokumenten deines Teams, mit Quellen, oder sagt, dass es das nicht kann.
help-mention = Erwähne mich in einem Kanal oder schreib mir direkt, und frag. In unserem Thread frag einfach weiter.
help-ask = { $command } antwortet nur dir. Das tut auch { $shortcut } im Menü einer Nachricht.
help-status = { $command } zeigt, was ich eingelesen habe und woran ich arbeite.
help-reviews = { $command } nennt, was auf das Prüfteam wartet (fürs Prüfteam).
help-reindex = { $command } liest die Dokumente neu ein (für Admins).
help-rollback = { $command } geht zurück zum vorigen Stand der Dokumente (für Admins).
help-why = { $command } erklärt, was aus einer Frage wurde (für Admins).
help-usage = { $command } zeigt, wie viel gefragt wird und was es kostet (für Admins).
help-report = { $command } sagt, wie die letzte Woche lief (für Admins).
help-gaps = { $command } nennt, was gefragt wurde und nicht in den Dokumenten steht (für Admins).
help-help = { $command } zeigt diese Liste.
unknown-command = { $name } kenne ich nicht.
title-status = Stand von Citedesk
title-reviews = Prüfungen
title-rollback = Zurück zum vorigen Stand
title-why = Warum
title-usage = Nutzung
title-gaps = Lücken
reindexing-progress = Ich lese die Dokumente ein: { $percent } Prozent sind geschafft.
go-back = Trotzdem zurück: { $command }
gaps = Gefragt, und nicht in den Dokumenten beantwortet
gap-nearest = am nächsten: { $titles }
reviews-waiting = Wartet auf das Prüfteam
reviews-where = Entscheide auf den Karten oder auf meiner Startseite.

### Teams

teams-reply-with-mention = Erwähne mich in deiner Antwort.
teams-trying-again = Ich versuche es noch einmal.
teams-looking-it-up = Ich sehe nach.
teams-person-has-it = Deine Frage ist jetzt bei einem Menschen.
teams-anchor = Einen Moment …
teams-step-retrieve = Ich suche in den Dokumenten …
teams-step-generate = Ich entwerfe eine Antwort …
teams-step-verify = Ich prüfe jedes Zitat …
teams-step-judge = Ich vergleiche jeden Satz mit seiner Quelle …
teams-feedback-title = Rückmeldung
teams-somebody-in = Jemand in { $product }
delivery-waiting = Die Antwort wird gerade zugestellt.
delivery-failed = Die Antwort ließ sich nicht zustellen, die fragende Person hat sie also nicht. Sag ihr bitte selbst Bescheid.
teams-input-reason = Grund für die fragende Person (optional)
teams-input-needed = Bitte ausfüllen.
teams-write-answer = Schreib zuerst eine Antwort, oder lehne ab.
teams-write-question = Schreib zuerst, was du wissen möchtest.
teams-button-refresh = Aktualisieren
teams-not-here = Das geht nur in unserem eigenen Chat, denn was es zeigt, ist nicht für alle hier.
teams-help-question = FRAGE
teams-help-id = KENNUNG
teams-help-ask = Oder schreib die Frage einfach so.
teams-help-ask-here = Oder erwähne mich einfach und schreib die Frage.
teams-help-status = was ich eingelesen habe und woran ich arbeite
teams-help-reviews = was auf das Prüfteam wartet (fürs Prüfteam)
teams-help-reindex = die Dokumente neu einlesen (für Admins)
teams-help-rollback = zurück zum vorigen Stand der Dokumente (für Admins)
teams-help-why = erklären, was aus einer Frage wurde (für Admins)
teams-help-usage = wie viel gefragt wird und was es kostet (für Admins)
teams-help-report = wie die letzte Woche lief (für Admins)
teams-help-gaps = was gefragt wurde und nicht in den Dokumenten steht (für Admins)
teams-help-help = diese Liste
teams-reviews-how = Entscheide auf den Karten.

### Während eine Person prüft

list-or = { $first } oder { $second }
duration-minutes = { $count ->
    [one] einer Minute
   *[other] { $count } Minuten
}
duration-hours = { $count ->
    [one] einer Stunde
   *[other] { $count } Stunden
}
duration-days = { $count ->
    [one] einem Tag
   *[other] { $count } Tagen
}
outlook-named = { $names } sieht sich das an.
outlook-more = { $names } oder jemand anderes aus dem Prüfteam sieht sich das an.
outlook-counted = Eine von { $count } Personen aus dem Prüfteam sieht sich das an.
outlook-usual = Meist gibt es nach etwa { $time } eine Entscheidung.
news-open = Deine Frage liegt seit { $time } beim Prüfteam.
news-open-question = Deine Frage „{ $question }“ liegt seit { $time } beim Prüfteam.
news-claimed = { $name } arbeitet daran.
news-claimed-unnamed = Jemand aus dem Prüfteam arbeitet daran.
news-unclaimed = Noch hat niemand damit angefangen.
news-reminded = Ich habe das Prüfteam daran erinnert.
news-awaits = Das Prüfteam hat eine Frage an dich und wartet hier auf deine Antwort.
news-withdraw = Wenn du keine Antwort mehr brauchst, schreib „hat sich erledigt“.
withdrawn = Ich habe deine Frage zurückgezogen. Frag mich jederzeit wieder.
withdrawn-question = Ich habe deine Frage „{ $question }“ zurückgezogen. Frag mich jederzeit wieder.
rejected-next = Frag am besten jemanden, der sich damit auskennt, oder stell mir die Frage noch einmal mit anderen Worten und mehr Einzelheiten.

### Prüfkarte

card-asked-times = { $times }-mal gefragt von { $people ->
    [one] einer Person
   *[other] { $people } Personen
}: { $names }
card-open-thread = Thread öffnen
card-asked-in-private = In einer Direktnachricht gefragt
card-asked-elsewhere = In { $product } gefragt
card-no-draft = Es gibt keinen Entwurf. Am ehesten passen diese Dokumente.
card-propose-hint = Willst du selbst antworten, dann schreib hier im Thread. Vor dem Senden frage ich nach.
reject-reason-hint = Du kannst das Feld leer lassen. Wie es weitergeht, erfährt die fragende Person auch so.

### Ein Vorschlag im Thread einer Karte

proposal-ask = Das als Antwort senden?
proposal-send = Senden
proposal-send-anyway = Trotzdem senden
proposal-discard = Verwerfen
proposal-too-long = Das ist zu lang, um es von hier zu senden. Drück auf „{ button-write-answer }“ und füg es dort ein.
proposal-sent = Gesendet von { $name }.
proposal-discarded = Verworfen. Es wurde nichts gesendet.
proposal-changed = Die Dokumente haben sich inzwischen geändert und belegen das nicht mehr. Es wurde nichts gesendet. Antworte noch einmal, dann siehst du, was fehlt.

### Answers of people that no document holds

remembered = { $who } hat das am { $day } beantwortet. In den Dokumenten steht es nicht.
button-ask-a-person-again = Noch einmal einen Menschen fragen
remember-box = { $days ->
    [one] Einen Tag
   *[other] { $days } Tage
} lang auch allen geben, die dasselbe fragen
remember-hint = Nur wo alle dasselbe lesen dürfen. Sie lesen, wer das wann beantwortet hat und dass es in keinem Dokument steht.
remember-hint-private = Leer, weil das Privatsache sein kann. { remember-hint }
remember-label = Für andere
proposal-for-others = Auch andere, die dasselbe fragen, bekommen das { $days ->
    [one] einen Tag
   *[other] { $days } Tage
} lang.
proposal-send-only = Nur an diese Person senden
curated-remembered = { $count } ohne Dokument
report-end-remembered = früher vom Prüfteam beantwortet, ohne Dokument
why-ok-remembered = Die Antwort hatte das Prüfteam früher auf dieselbe Frage gegeben; kein Dokument belegt sie.

### Questions that were rejected before

rejected-before = Das Prüfteam hat sich diese Frage am { $day } angesehen und hatte keine Antwort.
rejected-because = Der Grund: „{ $note }“
escalated-again = Das Prüfteam hat sich diese Frage am { $day } angesehen und hatte keine Antwort. Ich habe sie wieder auf seine Liste gesetzt, und was es entscheidet, kommt hierher. Es kann einen Tag dauern, bis es wieder gefragt wird.
card-again = Abgelehnt von { $who } am { $day }. Seitdem { $times ->
    [one] einmal
   *[other] { $times } Mal
} wieder gefragt.
teams-asked-again = Ich habe sie wieder auf die Liste des Prüfteams gesetzt.

### Gemeinsame Stände des Index

error-storage-unavailable = Ich komme gerade nicht an den Speicher, den sich alle Server teilen. Fragen beantworte ich weiter aus den bisherigen Dokumenten. Versuch es bitte später noch einmal.
error-snapshot-not-fetched = Der Index ließ sich nicht aus dem Speicher holen, den sich alle Server teilen. Es wurde nichts geändert. „citedesk doctor“ sagt, warum.

### Neu einlesen, für die, die es bestellt haben

reindexing-next = Ich lese die Dokumente schon ein. Danach lese ich sie noch einmal ein und melde mich hier.
reindexing-given-up = Ich konnte die Dokumente nicht einlesen: { $attempts } Versuche brachen vorzeitig ab. Der Index ist wie vorher. Bitte sag denen Bescheid, die Citedesk betreiben.
reindexing-neglected = Niemand liest die Dokumente ein: Der Teil von Citedesk, der das tut, läuft nicht, und dein Auftrag wartet. Bitte sag denen Bescheid, die Citedesk betreiben. Sobald die Dokumente eingelesen sind, melde ich mich hier.
error-enough-builds = Ich lese die Dokumente gerade ein, und ein weiterer Auftrag wartet schon: Er liest auch, was du geändert hast. Einen dritten habe ich nicht angelegt.
