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

in-quotes = „{ $text }“
moment-of = { $day }, { $time } UTC

### Ergebnisse

expired = Niemand konnte sich deine Frage rechtzeitig ansehen, deshalb habe ich keine Antwort, für die jemand einsteht. Frag bitte noch einmal, oder frag direkt jemanden aus dem Team.
checked-by-a-person = Das sieht sich gerade ein Mensch an und antwortet dir hier.
quoted = Das steht in den Dokumenten
meanwhile = Bis dahin: Das steht in den Dokumenten
closest = Am nächsten kommt
nearest-documents = Am nächsten kommen diese Dokumente:
approved-by-on = Freigegeben von { $who } am { $day }
did-you-mean = Meinst du
blocked = Was ich dazu gefunden habe, darf ich nicht zeigen: Es verstößt gegen meine Sicherheitsregeln. Mit der Kennung unten kann ein Admin nachsehen.
escalated = Ich habe deine Frage an einen Menschen weitergegeben. Die Antwort kommt hier.
not-enough-head = Nicht genug Informationen.
not-enough = Ich habe in den Dokumenten keine Antwort gefunden, die ich belegen kann.
not-enough-at-all = { not-enough-head } { not-enough }
introduction = Ich beantworte Fragen aus den Dokumenten deines Teams und zeige, wo die Antwort steht. Stell mir deine Frage einfach in einem Satz.
introduction-with-examples = Ich beantworte Fragen aus den Dokumenten deines Teams und zeige, wo die Antwort steht. Zum Beispiel:
not-confirmed = Das hat sich jemand angesehen, konnte aber aus den Dokumenten keine Antwort bestätigen.
given-up = Bei deiner Frage ist mehrmals etwas schiefgegangen, deshalb habe ich keine Antwort. Mit der Kennung kann ein Admin nachsehen.
files-left-out = Ich lese nur Text: Die Dateien habe ich weggelassen.
may-see-more = Du darfst Dokumente lesen, die hier nicht alle lesen dürfen: Frag mich auch in unserem eigenen Chat.
passed-on = Danke, das habe ich weitergegeben.
stopped-words = Angehalten. Ich habe nicht geantwortet; frag einfach noch einmal, wann du willst.
other-language = Die Dokumente sind auf { $language }; frag am besten auf { $language }.
another-language = Die Dokumente sind in einer anderen Sprache.
understood-as = So habe ich dich verstanden
understood-corrected = Das habe ich gelesen als
understood-reduced = Deine Nachricht ist lang. Gesucht habe ich nach
unavailable = Ich kann gerade nicht antworten.
unavailable-index-unavailable = Die Dokumente sind noch nicht eingelesen, oder der Index ist beschädigt.
unavailable-deadline = Es hat zu lange gedauert.
unavailable-internal = Bei uns ist etwas schiefgegangen.

### Wer keine Antwort bekommt

stranger = Ich bin nur für die Leute einer anderen Organisation da, deshalb kann ich dir nicht antworten.
guest = Ich antworte nur den Leuten dieser Organisation, und du bist hier zu Gast. Frag bitte jemanden von ihnen.
unchecked = Ich konnte nicht feststellen, ob du hier zu Gast bist, deshalb antworte ich nicht. Versuch es bitte in einer Minute noch einmal.

### Grenzen

limit-input-empty = Ich brauche eine Frage in Worten. Frag mich in einem Satz.
limit-input-too-long = Das ist länger als die { $limit } Zeichen, die ich lesen kann. Frag bitte kürzer.
limit-user-limit = Du hast für jetzt die Grenze von { $limit } Fragen erreicht. Frag bitte in { $wait } noch einmal.
limit-tenant-limit = Dieser Workspace hat seine Grenze von { $limit } Fragen erreicht. Frag bitte in { $wait } noch einmal.
limit-route-limit = Hier kommen gerade zu viele Fragen an. Frag bitte in { $wait } noch einmal.
limit-queue-full = Ich arbeite gerade an { $limit } Fragen. Frag bitte in { $wait } noch einmal.
limit-token-budget = Dieser Workspace hat für heute verbraucht, was er vom Sprachmodell verbrauchen darf. Frag bitte in { $wait } noch einmal.

### Prüfungen, für die Prüfenden

hidden-draft = Dieser Entwurf zitiert Dokumente, die in diesem Kanal nicht alle lesen dürfen.
hidden-sources = Hier geht es um Dokumente, die in diesem Kanal nicht alle lesen dürfen.
outdated-draft = Ein Dokument, das dieser Entwurf zitiert, hat sich geändert oder ist weg, oder nicht alle, die die Antwort lesen würden, dürfen es lesen.
asked-by-one = { $who } fragt
asked-by-several = { $count } Leute fragen: { $names }
asked-by-many = { $count } Leute fragen: { $names } und { $more } weitere
review-reason-unverified = Der Entwurf ließ sich aus den Dokumenten nicht belegen.
review-reason-low-confidence = Das Sprachmodell war nicht sicher, dass sein Entwurf die Frage beantwortet.
review-reason-insufficient-context = Hier möchte jemand eine Antwort von einem Menschen.
review-reason-approval-required = Der Entwurf ist belegt. In diesem Kanal gibt jede Antwort zuerst ein Mensch frei.
review-reason-disputed = Die Antwort darauf fanden andere schlecht. Das würde ich jetzt sagen.
review-reason-source-changed = Du hast diese Antwort freigegeben, und seither hat sich ein Dokument geändert, das sie zitiert.
decision-open = Offen
decision-claimed = { $who } kümmert sich darum
decision-approved = Freigegeben von { $who }
decision-edited = Bearbeitet und freigegeben von { $who }
decision-rejected = Abgelehnt von { $who }
decision-expired = Ohne Entscheidung beendet: Niemand war rechtzeitig da

### Einwände: was auf die Worte folgt, um die es geht

finding-no-citation = nennt keine Quelle
finding-unknown-chunk = verweist auf keine gefundene Stelle
finding-quote-not-found = steht nicht wörtlich in der Quelle, aus der es zitiert ist
finding-uncited-claim = hat kein geprüftes Zitat hinter sich
finding-unsupported-value = steht nicht an den Stellen, auf die sich der Satz beruft
finding-contradicted = sagt etwas anderes als die Stellen, auf die es sich beruft
finding-not-stated = geht über die Stellen hinaus, auf die es sich beruft
finding-not-judged = steht nicht wörtlich in der Quelle, und niemand sonst hat beides verglichen
finding-foreign-link = ist ein Link, der in keinem Dokument steht
finding-too-long = ist zu lang
finding-leak = wiederholt unsere eigenen Anweisungen oder enthält Zugangsdaten
finding-check-failed = ließ sich nicht prüfen

### Rückmeldung

feedback-reason-wrong = Sie ist falsch
feedback-reason-outdated = Sie ist veraltet
feedback-reason-incomplete = Etwas fehlt
feedback-reason-off-topic = Sie beantwortet die Frage nicht
feedback-reason-other = Etwas anderes

### Server der Sprachmodelle, für Fragende und für Admins

no-model-model-timeout = Das Sprachmodell hat nicht rechtzeitig geantwortet.
no-model-model-down = Das Sprachmodell war nicht zu erreichen.
no-model-circuit-open = Das Sprachmodell war nicht zu erreichen.
no-model-model-rate-limited = Das Sprachmodell ist gerade überlastet.
no-model-model-refused = Der Server des Sprachmodells hat die Anfrage abgelehnt.
no-model-content-filter = Der Anbieter des Sprachmodells wollte das nicht beantworten.
no-model-schema-invalid = Die Antwort des Sprachmodells war nicht zu lesen.
no-model-model-empty = Das Sprachmodell hat keine Antwort gegeben.
no-model-model-cut-off = Das Sprachmodell hat keine Antwort gegeben.
own-words = Das hier steht wörtlich in den Dokumenten.
problem-model-timeout = das Modell hat nicht rechtzeitig geantwortet
problem-model-down = der Server war nicht zu erreichen oder hatte einen Fehler
problem-circuit-open = der Server hatte immer wieder Fehler und bekommt eine Weile keine Anfragen
problem-model-rate-limited = der Server lässt keine weiteren Anfragen durch
problem-model-refused = das Modell hat die Anfrage abgelehnt
problem-model-empty = das Modell hat nichts gesagt
problem-model-cut-off = die Antwort brach an ihrer Tokengrenze ab
problem-content-filter = der Inhaltsfilter des Anbieters oder das Modell hat abgelehnt
problem-schema-invalid = die Antwort war nicht zu lesen
problem-status = Status { $status }
problem-finish-reason = Grund des Endes { $reason }
problem-seconds = nach { NUMBER($seconds, minimumFractionDigits: 1, maximumFractionDigits: 1) } s
problem-learnt = { $problem }, auf andere Weise noch einmal gefragt
problem-times = { $problem }, { $count }-mal

### Absagen

nothing-changed = Es wurde nichts geändert.
error-internal = Bei uns ist etwas schiefgegangen.
error-build-running = Ich lese die Dokumente gerade schon ein. Versuch es bitte noch einmal, wenn das fertig ist.
error-index-unavailable = Ich komme gerade nicht an die Dokumente.
error-not-allowed = Darüber entscheiden nur Prüfende.
error-not-admin = Das dürfen nur Admins. Bitte die Person, die Citedesk betreibt, dich in access.admins einzutragen.
error-review-restricted = Dieser Entwurf zitiert ein Dokument, das du nicht lesen darfst.
error-review-unknown = Diese Prüfung gibt es nicht mehr.
error-request-unknown = Ich kenne keine Anfrage mit dieser Kennung.
error-review-without-draft = Es gibt keinen Entwurf zum Freigeben. Schreib stattdessen eine Antwort.
error-review-hidden = Ein Dokument, das dieser Entwurf zitiert, ist nicht mehr da, deshalb bekommt ihn niemand zu sehen. Drück auf „{ button-draft-again }“.
error-review-not-drafted = Ich konnte gerade keinen Entwurf schreiben, der alte bleibt. Versuch es bitte später noch einmal.
error-review-redrafted = Der Entwurf ist eben neu geschrieben worden. Es wurde nichts gesendet: Lies zuerst den neuen.
error-draft-outdated = „{ $title }“ hat sich seither geändert: Was daraus zitiert ist, steht nicht mehr da.
error-source-gone = „{ $title }“ ist nicht mehr unter den Dokumenten.
error-source-restricted = Nicht alle, die die Antwort lesen würden, dürfen „{ $title }“ lesen.
error-draft-advice = Es wurde nichts gesendet. Drück auf „{ button-draft-again }“, oder bearbeite die Antwort so, dass sie das nicht zitiert.
error-review-decided = Es wurde nichts geändert. { $decision }.
error-review-claimed = { $who } kümmert sich schon darum. Drück zuerst auf „{ button-take-over }“, wenn es sein muss.

### Schaltflächen, höchstens 75 Zeichen

button-approve = Freigeben
button-edit = Bearbeiten
button-write-answer = Antwort schreiben
button-reject = Ablehnen
button-ask-back = Nachfragen
button-claim = Ich kümmere mich
button-take-over = Übernehmen
button-draft-again = Neu entwerfen
button-show-in-private = Nur mir zeigen
button-ask-a-person = Einen Menschen fragen
button-try-again = Noch einmal versuchen
button-ask-in-private = Unter vier Augen fragen

### Antworten auf Befehle

no-gaps = Keine Lücken: In den letzten Tagen hatte jede Frage eine Antwort.
no-reviews = Auf dich wartet keine Prüfung.
reindexing = Ich lese die Dokumente neu ein und melde mich hier.
outcome-answered = beantwortet
outcome-needs-review = an einen Menschen gegeben
outcome-not-enough-info = nicht genug Informationen
outcome-blocked = zurückgehalten
outcome-limited = begrenzt
outcome-unavailable = nicht möglich
and-more = …und { $count } weitere
none = keine
status-documents = Dokumente
status-answers-by = Antworten von
answers-by-extractive = den Dokumenten selbst, wörtlich und ohne Sprachmodell
status-last-day = Letzte 24 Stunden
status-reviews = Offene Prüfungen
status-work = In Arbeit
status-approved = Freigegebene Antworten
status-index = { $documents ->
    [one] { $documents } Dokument
   *[other] { $documents } Dokumente
}, gelesen am { $when }, { $skipped ->
    [0] keine Datei weggelassen
    [one] { $skipped } Datei weggelassen
   *[other] { $skipped } Dateien weggelassen
}
status-no-index = noch keine durchsuchbar; ein Admin kann sie mit { $command } einlesen
status-not-seen = { $count ->
    [one] { $count } Dokument zuletzt nicht erreicht
   *[other] { $count } Dokumente zuletzt nicht erreicht
}
status-build-failed = das Einlesen am { $when } ist fehlgeschlagen: { $error }
status-build-failed-unnamed = das Einlesen am { $when } ist fehlgeschlagen: Warum, sieht ein Admin
status-waiting = { $questions ->
    [one] { $questions } Frage
   *[other] { $questions } Fragen
}, { $replies ->
    [one] { $replies } Antwort
   *[other] { $replies } Antworten
}; in 7 Tagen { $given-up ->
    [0] nichts aufgegeben
    [one] { $given-up } Nachricht aufgegeben
   *[other] { $given-up } Nachrichten aufgegeben
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
}, die Hälfte davon in höchstens { NUMBER($seconds, minimumFractionDigits: 1, maximumFractionDigits: 1) } Sekunden beantwortet; { $tokens } Tokens, { $cost }.
usage-cost = { NUMBER($dollars, minimumFractionDigits: 2, maximumFractionDigits: 2) } US-Dollar
usage-no-price = es ist kein Preis eingestellt
rolled-back = Die Dokumente sind wieder so, wie ich sie am { $when } gelesen habe: { $snapshot }.
reopened = { $count ->
    [one] Es wurde noch nichts geändert. Der Stand vom { $when } öffnet { $count } Dokument für mehr Leute:
   *[other] Es wurde noch nichts geändert. Der Stand vom { $when } öffnet { $count } Dokumente für mehr Leute:
}
reopened-now-for = { $document }: für { $then }, jetzt für { $now }
reopened-now-left-out = { $document }: für { $then }, jetzt weggelassen ({ $why })
reopened-now-deleted = { $document }: für { $then }, jetzt gelöscht
coverage = Eingelesen: { $indexed } von { $seen } Dateien sind durchsuchbar, als { $chunks } Abschnitte ({ $reused } unverändert).
not-seen-kept = zuletzt gesehen am { $day }, vor { $days ->
    [one] { $days } Tag
   *[other] { $days } Tagen
}; benutzt wird die Kopie von damals
not-seen-gone = zuletzt gesehen am { $day }, vor { $days ->
    [one] { $days } Tag
   *[other] { $days } Tagen
}; nicht mehr dabei
gap = { $times ->
    [one] { $times }-mal
   *[other] { $times }-mal
}, { $people ->
    [one] { $people } Person
   *[other] { $people } Personen
}, zuletzt am { $day }

### Um eine Antwort herum, in Slack

you-asked = Deine Frage: „{ $text }“
asked-before = schon einmal gefragt, dieselben Dokumente
sources = Quellen
feedback-good = Gute Antwort
feedback-bad = Schlechte Antwort
feedback-helpful = Hilfreich
feedback-not-helpful = Nicht hilfreich
feedback-thanks = Danke, das merke ich mir.
feedback-thanks-for-reason = Danke dir. Das hilft, die Antworten und die Dokumente zu verbessern.
input-should-say = Was sollte da stehen?
escalated-before = Deine Frage liegt schon bei einem Menschen. Die Antwort kommt hier.
asked-already = Das hast du schon gedrückt: Meine Antwort steht hier oder kommt gleich.
failed = Bei uns ist etwas schiefgegangen, und es wurde nichts getan. Versuch es bitte noch einmal.
not-posted = Ich habe eine Antwort für dich, konnte sie aber dort nicht schreiben, wo du gefragt hast ({ $reason }). Frag mich bitte hier.
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
reminder = Das wartet noch auf eine Prüfung, und jemand wartet auf die Antwort.
asker-answers = { $who } antwortet:
waiting-for-asker = Jetzt ist die Person dran, die gefragt hat.
modal-in-private = Nur für dich
modal-nothing-sent = Nichts gesendet
modal-edit = Antwort bearbeiten
modal-write = Antwort schreiben
modal-reject = Entwurf ablehnen
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
input-reason = Grund für die Person, die gefragt hat
input-reason-of-several = Grund für die Leute, die gefragt haben
input-question = Was möchtest du wissen?
markers-hint = Lass die Nummern stehen oder setz neue: Die Quellen, die sie nennen, gehen mit der Antwort hinaus.
not-proved-by-documents = Das belegen die Dokumente nicht:
not-proved = Nicht belegt
send-anyway = Trotzdem senden: Ich stehe dafür ein, und das wird festgehalten
answer-missing = Schreib eine Antwort, oder brich ab und lehne ab.
reviews-to-reject = { $count ->
    [one] { $count } Prüfung wird abgelehnt.
   *[other] { $count } Prüfungen werden abgelehnt.
}
not-claimed = Nicht übernommen
not-rejected = Nicht abgelehnt
select-first = Wähle zuerst Prüfungen aus.

### Die Startseite der App in Slack

home-intro = Ich antworte aus den Dokumenten deines Teams, mit Quellen, oder sage, dass ich es nicht kann. Schreib mir unter { $messages }, erwähne mich in einem Kanal, oder tippe { $command }.
home-messages = Nachrichten
home-reviews = Offene Prüfungen: { $count }
home-nothing = Hier ist nichts.
home-previous = Zurück
home-next = Weiter
home-page = Seite { $page } von { $pages }
home-several = Mehrere auf einmal
home-claim-selected = Um die Auswahl kümmere ich mich
home-reject-selected = Auswahl ablehnen
home-status = Wie es läuft
home-outcomes = Ergebnisse der letzten 7 Tage
home-helpful = { $helpful }-mal hilfreich gefunden, { $unhelpful }-mal nicht hilfreich.
home-reindex = Dokumente neu einlesen
filter-open = Offen
filter-mine = Um die ich mich kümmere
filter-disputed = Offen, von anderen schlecht gefunden
filter-changed = Offen, eine Quelle hat sich geändert
filter-decided = Zuletzt entschieden
left-out = Weggelassen
left-out-more = …und { $count } weitere; alle nennt { $command }.

### Befehle in Slack

help-head = Citedesk antwortet aus den Dokumenten deines Teams, mit Quellen, oder sagt, dass es das nicht kann.
help-mention = Erwähne mich in einem Kanal, oder schreib mir direkt, und frag. In unserem Thread frag einfach weiter.
help-ask = { $command } antwortet nur dir. Das tut auch { $shortcut } im Menü einer Nachricht.
help-status = { $command } zeigt, was ich gelesen habe und woran ich arbeite.
help-reviews = { $command } nennt, was auf eine Prüfung wartet (Prüfende).
help-reindex = { $command } liest die Dokumente neu ein (Admins).
help-rollback = { $command } geht zurück zum vorigen Stand der Dokumente (Admins).
help-why = { $command } erklärt, was aus einer Frage wurde (Admins).
help-usage = { $command } zählt die Fragen, und was sie gebraucht haben (Admins).
help-gaps = { $command } nennt, was gefragt wird und nicht in den Dokumenten steht (Admins).
help-help = { $command } zeigt das hier.
unknown-command = { $name } kenne ich nicht.
title-status = Stand von Citedesk
title-reviews = Prüfungen
title-rollback = Zurück zum vorigen Stand
title-why = Warum
title-usage = Nutzung
title-gaps = Lücken
reindexing-progress = Ich lese die Dokumente ein: { $percent } Prozent sind geschafft.
go-back = Trotzdem zurück: { $command }
why-head = { $id } endete so: { $outcome }, Urteil { $verdict }.
gaps = Gefragt, und nicht in den Dokumenten beantwortet
gap-nearest = am nächsten: { $titles }
reviews-waiting = Wartet auf eine Prüfung
reviews-where = Entscheide auf den Karten, oder auf meiner Startseite.
