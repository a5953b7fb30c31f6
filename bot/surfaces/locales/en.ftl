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

### Review cards that cannot be posted

no-reviewer-reached = I could not reach any reviewer, so nobody is looking at your question yet. It stays open in the reviewers' list, and an answer will come here as soon as somebody decides it.
cards-refused = I cannot post review cards in { $place } ({ $reason }). Until that is mended, each reviewer gets the cards as direct messages. Run citedesk doctor: it says what to do.

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
