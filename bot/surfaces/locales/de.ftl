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

### Während eine Person prüft

list-or = { $first } oder { $second }
duration-minutes = { $count ->
    [one] 1 Minute
   *[other] { $count } Minuten
}
duration-hours = { $count ->
    [one] 1 Stunde
   *[other] { $count } Stunden
}
duration-days = { $count ->
    [one] 1 Tag
   *[other] { $count } Tage
}
outlook-named = { $names } sieht sich das an.
outlook-more = { $names } oder jemand anderes aus der Prüfung sieht sich das an.
outlook-counted = Eine von { $count } Personen aus der Prüfung sieht sich das an.
outlook-usual = Meist dauert das ungefähr { $time }.
news-open = Deine Frage liegt zur Prüfung vor. Dauer bisher: { $time }.
news-open-question = Deine Frage „{ $question }“ liegt zur Prüfung vor. Dauer bisher: { $time }.
news-claimed = { $name } arbeitet daran.
news-claimed-unnamed = Jemand arbeitet daran.
news-unclaimed = Noch hat niemand damit angefangen.
news-reminded = Ich habe daran erinnert.
news-awaits = Du wurdest etwas gefragt; deine Antwort wird hier erwartet.
news-withdraw = Wenn du keine Antwort mehr brauchst, schreib „hat sich erledigt“.
withdrawn = Ich habe deine Frage zurückgezogen. Frag mich jederzeit wieder.
withdrawn-question = Ich habe deine Frage „{ $question }“ zurückgezogen. Frag mich jederzeit wieder.
you-asked = Du hast gefragt: „{ $question }“
rejected-next = Frag am besten jemanden, der sich damit auskennt, oder stell mir die Frage noch einmal mit anderen Worten und mehr Einzelheiten.

### Prüfkarte

card-asked-times = { $times }-mal gefragt von { $people ->
    [one] einer Person
   *[other] { $people } Personen
}: { $names }
card-open-thread = Unterhaltung öffnen
card-asked-in-private = In einer Direktnachricht gefragt
card-asked-elsewhere = In { $product } gefragt
card-no-draft = Es gibt keinen Entwurf. Diese Dokumente liegen am nächsten.
card-propose-hint = Willst du selbst antworten, schreib hier im Thread. Vor dem Senden frage ich nach.
write-an-answer = Antwort schreiben
reject-reason-hint = Du kannst das Feld leer lassen. Wie es weitergeht, erfährt die fragende Person auch so.
reject-reason-optional = Grund für die fragende Person (freiwillig)

### Ein Vorschlag im Thread einer Karte

proposal-ask = Das als Antwort senden?
proposal-unproved = Das steht so nicht in den Dokumenten:
proposal-send = Senden
proposal-send-anyway = Trotzdem senden
proposal-discard = Verwerfen
proposal-too-long = Das ist zu lang für eine Nachricht von mir. Sende es mit dem Knopf.
proposal-sent = Gesendet von { $name }.
proposal-discarded = Verworfen. Es wurde nichts gesendet.
proposal-changed = Die Dokumente haben sich inzwischen geändert und belegen das nicht mehr. Es wurde nichts gesendet. Antworte noch einmal, dann siehst du, was fehlt.
