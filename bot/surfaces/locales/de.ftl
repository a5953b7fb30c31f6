# Oberflächentexte auf Deutsch. Die Anrede ist du, wie in Slack.

### Zeiten

wait-moment = einem Augenblick
wait-seconds = { $count ->
    [one] { $count } Sekunde
   *[other] { $count } Sekunden
}
wait-minutes = { $count ->
    [one] { $count } Minute
   *[other] { $count } Minuten
}
updated = aktualisiert am { $day }

### Prüfkarten, die sich nicht posten lassen

no-reviewer-reached = Ich habe niemanden erreicht, der deine Frage prüfen kann. Noch sieht sie sich also niemand an. Sie bleibt in der Liste der Prüfenden offen, und die Antwort kommt hierher, sobald jemand entscheidet.
cards-refused = Ich kann in { $place } keine Prüfkarten posten ({ $reason }). Bis das behoben ist, bekommen die Prüfenden die Karten als Direktnachricht. Starte citedesk doctor: Es sagt, was zu tun ist.

### Smalltalk

small-talk-thanks = Gern geschehen!
small-talk-ok = Alles klar. Frag mich, wann immer du magst.

### Startseite von Fragenden

home-examples = Probier eine davon
home-your-questions = Deine offenen Fragen
home-in-review = in Prüfung seit { $day }
home-taken = { $person } sieht sie sich an, seit { $day }
home-waits-for-you = jemand aus der Prüfung hat dich etwas gefragt und wartet auf deine Antwort
home-joined = Eine Frage, die auch du gestellt hast
home-none-open = Keine deiner Fragen ist in Prüfung.
home-more-open = und { $count } weitere
### Warum eine Anfrage so endete, für Admins

why-searched = { $documents ->
    [one] Die Frage von { $asker } wurde in einem Dokument gesucht.
   *[other] Die Frage von { $asker } wurde in { $documents } Dokumenten gesucht.
}
why-searched-before = Die Frage von { $asker } wurde in einem Index gesucht, der seither neu gebaut wurde.
why-not-searched = Nach der Nachricht von { $asker } wurde nicht gesucht.
why-best = Die beste Stelle, aus „{ $title }“, passt zu { NUMBER($fit, style: "percent", maximumFractionDigits: 1) }.
why-best-hidden = Die beste Stelle, aus einem Dokument, das du nicht lesen darfst, passt zu { NUMBER($fit, style: "percent", maximumFractionDigits: 1) }.
why-best-gone = Die beste Stelle, aus einem Dokument, das nicht mehr im Index ist, passt zu { NUMBER($fit, style: "percent", maximumFractionDigits: 1) }.
why-title = „{ $title }“
why-near = Danach kommen { $titles }.
why-bar = { $rule ->
    [ask] Unter { NUMBER($bar, style: "percent", maximumFractionDigits: 1) } wird das Modell nicht gefragt.
   *[quote] Unter { NUMBER($bar, style: "percent", maximumFractionDigits: 1) } wird nichts zitiert.
}
why-bar-today = { $rule ->
    [ask] Heute wird unter { NUMBER($bar, style: "percent", maximumFractionDigits: 1) } das Modell nicht gefragt; was damals galt, ist nicht gespeichert.
   *[quote] Heute wird unter { NUMBER($bar, style: "percent", maximumFractionDigits: 1) } nichts zitiert; was damals galt, ist nicht gespeichert.
}
why-named = Die Frage nennt etwas, das in der Stelle steht, deshalb hielt der niedrige Wert sie nicht auf.
why-no-model = An ein Modell wurde nichts geschickt.
why-model = { $requests ->
    [one] Eine Anfrage ging an { $server } ({ $model }).
   *[other] { $requests } Anfragen gingen an { $server } ({ $model }).
}
why-problems = Was nicht klappte: { $list }.
why-judge = { $judge } hat die Sätze mit den Stellen verglichen, die sie nennen: { $list }.
why-findings = Die Prüfungen haben beanstandet: { $list }.
why-corrected = Vor der Suche wurden Tippfehler berichtigt.
why-reduced = Von einer langen Nachricht wurde nur der wichtige Teil gesucht.
why-withheld = { $count ->
    [one] Eine Stelle mit Text für ein Sprachmodell wurde weggelassen.
   *[other] { $count } Stellen mit Text für ein Sprachmodell wurden weggelassen.
}
why-instead = { $kind ->
    [cache] Gezeigt wurde eine frühere Antwort, die noch galt.
    [quotes] Gezeigt wurden die Dokumente im Wortlaut.
    [too-low] Was gefunden wurde, passt zu wenig, um es zu zitieren.
   *[nothing] Es gab nichts, was man stattdessen zeigen konnte.
}
why-review = { $state ->
    [approved] { $person } hat den Entwurf am { $day } freigegeben.
    [edited] { $person } hat die Antwort am { $day } geschrieben.
    [rejected] { $person } hat den Entwurf am { $day } abgelehnt.
    [expired] Niemand hat die Prüfung rechtzeitig entschieden.
   *[open] Die Prüfung ist noch offen.
}
why-unknown = Sie endete mit dem Code { $code }, den diese Version nicht kennt.

why-ok = { $form ->
    [approved] Es kam eine Antwort, die schon ein Mensch freigegeben hatte.
    [cached] Es kam eine Antwort, die für dieselbe Frage schon belegt war.
    [proved-quotes] Der Wortlaut des Modells war nicht belegt, deshalb wurden die belegten Zitate gezeigt.
    [quoted] Die Antwort waren die Dokumente im Wortlaut.
   *[written] Die Antwort ist Satz für Satz belegt.
}
why-ok-do = Es ist nichts zu tun.
why-input-empty = In der Nachricht stand kein Wort, also gab es nichts zu suchen.
why-input-empty-do = Es ist nichts zu tun.
why-input-too-long = Die Nachricht war länger, als gelesen wird.
why-input-too-long-do = Wenn deine Leute längere Logs einfügen, erhöhe limits.pasted_chars.
why-no-question = Es war ein Gruß, ein Dank oder ein Hilferuf; es kam eine freundliche Zeile mit Beispielen.
why-no-question-do = Es ist nichts zu tun.
why-user-limit = Diese Person hatte so oft gefragt, wie eine Person darf.
why-user-limit-do = Wenn das zu wenig ist, erhöhe limits.per_user.
why-tenant-limit = Der Workspace hatte so oft gefragt, wie er darf.
why-tenant-limit-do = „citedesk report“ zeigt, wer so viel fragt; oder erhöhe limits.per_tenant.
why-route-limit = Auf diesem Weg kamen mehr Fragen, als limits.per_route erlaubt.
why-route-limit-do = Wenn das zu wenig ist, erhöhe den Wert.
why-queue-full = Zu viele Fragen wurden gerade beantwortet.
why-queue-full-do = „citedesk report“ zeigt, was langsam ist; erhöhe limits.in_flight nur, wenn der Rechner Luft hat.
why-token-budget = Der Workspace hatte die Tokens dieses Tages verbraucht.
why-token-budget-do = Warte bis morgen, oder erhöhe limits.tenant_tokens_per_day.
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
why-not-the-question = Der zweite Leser fand, dass der Entwurf nicht beantwortet, was gefragt war; er wurde nicht gezeigt.
why-not-the-question-do = Damit es eine Antwort gibt, schreib den fehlenden Artikel.
why-model-timeout = Das Modell hat nicht rechtzeitig geantwortet.
why-model-timeout-do = Prüfe den Modellserver; wie lange gewartet wird, steht in llm.read_timeout_s und limits.request_deadline_s.
why-model-down = Der Modellserver war nicht erreichbar oder fiel aus.
why-model-down-do = Prüfe den Server mit „citedesk doctor“.
why-model-rate-limited = Der Modellserver oder unsere eigene Drossel ließ keine Anfrage mehr rechtzeitig durch.
why-model-rate-limited-do = Hol dir ein größeres Kontingent, stell llm.requests_per_minute darauf ein, oder trag unter llm.failover einen Server ein.
why-model-refused = Der Modellserver hat die Anfrage abgelehnt.
why-model-refused-do = Prüfe Schlüssel, Kontingent, Modell und Adresse mit „citedesk doctor“.
why-model-empty = In der Antwort des Modells stand nichts, auch beim zweiten Mal nicht.
why-model-empty-do = Versuch ein anderes Modell.
why-model-cut-off = Das Modell kam an seine Tokengrenze, bevor es etwas gesagt hatte.
why-model-cut-off-do = Erhöhe limits.output_tokens_max, oder senke llm.reasoning_effort.
why-content-filter = Das Modell oder der Inhaltsfilter seines Servers wollte nicht antworten.
why-content-filter-do = Frag, wer den Server betreibt.
why-circuit-open = Der Modellserver war mehrmals hintereinander ausgefallen und wurde eine Weile in Ruhe gelassen.
why-circuit-open-do = Prüfe den Server mit „citedesk doctor“.
why-schema-invalid = Die Antwort des Modells war nicht lesbar, auch nach einer Reparatur nicht.
why-schema-invalid-do = Versuch ein anderes Modell oder ein anderes llm.output_format.
why-unverified = Kein Zitat im Entwurf des Modells ließ sich belegen, deshalb entscheidet ein Mensch.
why-unverified-do = Sieh dir die Prüfung an; wenn das oft vorkommt, versuch ein anderes Modell.
why-low-confidence = Das Modell war sich selbst nicht sicher, deshalb entscheidet ein Mensch.
why-low-confidence-do = Sieh dir die Prüfung an; review.low_confidence kann stattdessen die Zitate zeigen.
why-approval-required = In diesem Kanal gibt ein Mensch jede Antwort zuerst frei.
why-approval-required-do = Sieh dir die Prüfung an.
why-disputed = Leser fanden die Antwort schlecht, deshalb entscheidet ein Mensch.
why-disputed-do = Sieh dir die Prüfung an.
why-source-changed = Ein Dokument hinter einer freigegebenen Antwort hat sich geändert, deshalb entscheidet ein Mensch.
why-source-changed-do = Sieh dir die Prüfung an.
why-policy = Die Antwort wiederholte unsere eigenen Anweisungen oder enthielt Zugangsdaten, deshalb wurde nichts davon gezeigt.
why-policy-do = Entferne Zugangsdaten aus den Dokumenten.
why-deadline = Es dauerte länger als limits.request_deadline_s.
why-deadline-do = „citedesk report“ zeigt, welcher Schritt langsam ist.
why-delivery-failed = Es gab ein Ergebnis, aber es ließ sich nicht senden.
why-delivery-failed-do = Im Log steht bei post_failed, warum; oft ist der Bot nicht im Kanal.
why-internal = Bei uns ist etwas schiefgegangen.
why-internal-do = Im Log steht bei pipeline_failed die Art des Fehlers; bitte melde ihn.

why-finding-no-citation = der Text nennt keine Quelle
why-finding-unknown-chunk = eine Nummer nennt keine gefundene Stelle
why-finding-quote-not-found = ein Zitat steht nicht wörtlich in seiner Quelle
why-finding-uncited-claim = hinter einem Satz steht kein belegtes Zitat
why-finding-unsupported-value = eine Zahl, ein Datum, der Name einer Schaltfläche oder Ähnliches steht nicht in den genannten Stellen
why-finding-foreign-link = ein Link steht in keinem Dokument
why-finding-contradicted = die Stellen sagen etwas anderes
why-finding-not-stated = die Stellen sagen nicht alles davon
why-finding-not-judged = kein zweiter Leser hat einen Satz mit seiner Quelle verglichen
why-finding-too-long = der Text ist zu lang
why-finding-leak = er wiederholt unsere eigenen Anweisungen oder enthält Zugangsdaten
why-finding-check-failed = eine Prüfung konnte nicht laufen
why-verdict-supported = { $count } belegt
why-verdict-contradicted = { $count } widersprochen
why-verdict-not-stated = { $count } steht dort nicht
why-verdict-verbatim = { $count } wörtlich
why-problem-model-timeout = das Modell antwortete nicht rechtzeitig
why-problem-model-down = der Server war nicht erreichbar oder fiel aus
why-problem-circuit-open = der Server fiel immer wieder aus und wurde in Ruhe gelassen
why-problem-model-rate-limited = der Server ließ keine Anfragen mehr durch
why-problem-model-refused = der Server lehnte die Anfrage ab
why-problem-model-empty = das Modell sagte nichts
why-problem-model-cut-off = die Antwort endete an der Tokengrenze
why-problem-content-filter = das Modell oder der Filter des Servers wollte nicht
why-problem-schema-invalid = die Antwort war nicht lesbar

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
gap-article-near = Nächste Dokumente
gap-article-none-near = Kein Dokument kommt dem nahe.
gap-article-missing = Was fehlt
gap-article-no-passage = Keine dieser Stellen beantwortet die Fragen oben.
gap-article-no-word = Kein Dokument, das du lesen darfst, enthält diese Wörter: { $list }.
gap-form-title = Lücke beantworten
gap-form-send = Speichern
gap-form-questions = Fragen, die das beantwortet
gap-form-passages = Nenne, worauf die Antwort beruht, mit seiner Nummer, etwa [1]. Wer die genannten Dokumente lesen darf, bekommt von jetzt an diese Antwort.
gap-form-no-passages = Es wurde keine Stelle gefunden. Such unten nach einer.
gap-form-answer = Antwort
gap-form-search = Andere Stellen: Wörter, nach denen gesucht wird
gap-form-find = Andere Stellen suchen
gap-in-private = Das geht nur in unserem eigenen Chat, denn was es zeigt, ist nicht für alle, die hier lesen.
gap-below = Du findest es unten.
gap-form-search-hint = Füll das aus und speichere: Gespeichert wird noch nichts, und die gefundenen Stellen stehen oben.
gap-form-objections = Das belegen die Dokumente nicht:
gap-form-anyway-label = Nicht belegt
gap-form-anyway = Trotzdem speichern: Ich stehe dafür ein, und das wird so festgehalten
gap-form-empty = Schreib zuerst eine Antwort.
gap-form-none-chosen = Wähle mindestens eine Frage.
gap-form-uncited = Nenne mindestens eine Stelle, etwa [1]: Ohne Dokument wüsste niemand, wer die Antwort lesen darf. Wenn kein Dokument es sagt, entwirf stattdessen den Artikel.
gap-stored = { $questions ->
    [one] Gespeichert. Die Frage wird von jetzt an so beantwortet.
   *[other] Gespeichert. { $questions } Fragen von { $askers } Personen werden von jetzt an so beantwortet.
}
gap-stored-barred = { $barred ->
    [one] Eine Person, die gefragt hat, darf das Genannte nicht lesen und bekommt keine Antwort.
   *[other] { $barred } von denen, die gefragt haben, dürfen das Genannte nicht lesen und bekommen keine Antwort.
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
report-helpful-name = Hilfreich
report-helpful = { NUMBER($share, style: "percent", maximumFractionDigits: 0) } ({ $count } von { $judged }, die bewertet wurden).
report-unjudged = Niemand hat eine Antwort bewertet.
report-reviews-name = Prüfungen
report-decided = { $count ->
    [one] Eine entschieden, nach { $median }.
   *[other] { $count } entschieden, die Hälfte innerhalb von { $median }, die längste nach { $longest }.
}
report-expired = { $count ->
    [one] Eine lief ab, weil niemand rechtzeitig da war.
   *[other] { $count } liefen ab, weil niemand rechtzeitig da war.
}
report-waiting = { $count ->
    [one] Eine wartet gerade.
   *[other] { $count } warten gerade.
}
report-no-reviews = Keine.
report-hours = { $count ->
    [one] einer Stunde
   *[other] { $count } Stunden
}
report-days = { $count ->
    [one] einem Tag
   *[other] { $count } Tagen
}
report-spend-name = Verbraucht
report-tokens = { $tokens } Tokens; es ist kein Preis eingestellt.
report-cost = { $tokens } Tokens, { NUMBER($dollars, minimumFractionDigits: 2, maximumFractionDigits: 2) } US-Dollar.
report-end-proved = belegt beantwortet
report-end-quoted = zitiert
report-end-not-enough = nicht genug gefunden
report-end-person = an einen Menschen
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
}, am nächsten bei { $titles }
report-gap = { $times ->
    [one] Eine Frage
   *[other] { $times } Fragen
} von { $people ->
    [one] einer Person
   *[other] { $people } Personen
}, in der Nähe keines Dokuments
report-more = … und { $count } weitere
report-not-seen-name = Lange nicht gesehene Dokumente
report-not-seen = { $title }: { $days ->
    [one] seit einem Tag nicht gesehen
   *[other] seit { $days } Tagen nicht gesehen
}; { $copy ->
    [yes] die letzte Kopie wird genutzt
   *[no] nicht mehr im Index
}
report-not-seen-more = { $count ->
    [one] Eines mehr; Admins sehen es im Abdeckungsbericht.
   *[other] { $count } mehr; Admins sehen sie im Abdeckungsbericht.
}
report-for-admins = Admins lesen die Fragen mit „gaps“.
