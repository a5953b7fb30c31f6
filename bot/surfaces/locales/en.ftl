# Interface texts in English. A message holds no markup of a chat product: the product adds its own.

### Times

wait-moment = a moment
wait-seconds = { $count ->
    [one] { $count } second
   *[other] { $count } seconds
}
wait-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
updated = updated { $day }

### While a person is checking

list-or = { $first } or { $second }
duration-minutes = { $count ->
    [one] one minute
   *[other] { $count } minutes
}
duration-hours = { $count ->
    [one] one hour
   *[other] { $count } hours
}
duration-days = { $count ->
    [one] one day
   *[other] { $count } days
}
outlook-named = { $names } will look at it.
outlook-more = { $names } or another reviewer will look at it.
outlook-counted = One of { $count } reviewers will look at it.
outlook-usual = That usually takes about { $time }.
news-open = Your question has been with the reviewers for { $time }.
news-open-question = Your question “{ $question }” has been with the reviewers for { $time }.
news-claimed = { $name } is working on it.
news-claimed-unnamed = A reviewer is working on it.
news-unclaimed = Nobody has started on it yet.
news-reminded = I have reminded the reviewers.
news-awaits = They have asked you something and wait for your answer here.
news-withdraw = If you no longer need an answer, write “never mind”.
withdrawn = I have taken your question back. Ask me again whenever you like.
withdrawn-question = I have taken your question “{ $question }” back. Ask me again whenever you like.
you-asked = You asked: “{ $question }”
rejected-next = You can ask a colleague who knows the subject, or ask me again in other words and with more detail.

### Review card

card-asked-times = Asked { $times } times by { $people ->
    [one] one person
   *[other] { $people } people
}: { $names }
card-open-thread = Open the thread
card-asked-in-private = Asked in a direct message
card-asked-elsewhere = Asked in { $product }
card-no-draft = There is no draft. These documents are the nearest.
card-propose-hint = To answer in your own words, reply in this thread. I ask you before I send it.
write-an-answer = Write an answer
reject-reason-hint = You may leave this empty. The asker is told what to do next either way.
reject-reason-optional = Reason for the asker (optional)

### An answer proposed in the thread of a card

proposal-ask = Send this to whoever asked?
proposal-unproved = The documents do not prove this:
proposal-send = Send it
proposal-send-anyway = Send it anyway
proposal-discard = Discard
proposal-too-long = This is too long for a message of mine. Use the button to send it.
proposal-sent = Sent by { $name }.
proposal-discarded = Discarded. Nothing was sent.
proposal-changed = The documents have changed since: they no longer prove this. Nothing was sent. Reply again to see why.
