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
