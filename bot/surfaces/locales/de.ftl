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
