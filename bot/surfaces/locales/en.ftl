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

### Small talk

small-talk-thanks = You're welcome!
small-talk-ok = All right. Ask me whenever you like.

### An asker's Home

home-examples = Try one of these
home-your-questions = Your open questions
home-in-review = in review since { $day }
home-taken = { $person } is looking at it, since { $day }
home-waits-for-you = a reviewer asked you something and waits for your reply
home-joined = A question that you asked, too
home-none-open = None of your questions is with a reviewer.
home-more-open = and { $count } more
