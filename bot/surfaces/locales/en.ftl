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
