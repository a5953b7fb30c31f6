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
### Why a request ended so, for admins

why-searched = { $documents ->
    [one] { $asker }’s question was searched in one document.
   *[other] { $asker }’s question was searched in { $documents } documents.
}
why-searched-before = { $asker }’s question was searched in an index that has been rebuilt since.
why-not-searched = { $asker }’s message was not searched for.
why-best = The best passage, from “{ $title }”, fits to { NUMBER($fit, style: "percent", maximumFractionDigits: 1) }.
why-best-hidden = The best passage, from a document that you may not read, fits to { NUMBER($fit, style: "percent", maximumFractionDigits: 1) }.
why-best-gone = The best passage, from a document that is no longer in the index, fits to { NUMBER($fit, style: "percent", maximumFractionDigits: 1) }.
why-title = “{ $title }”
why-near = Next come { $titles }.
why-bar = { $rule ->
    [ask] Below { NUMBER($bar, style: "percent", maximumFractionDigits: 1) } the model is not asked.
   *[quote] Below { NUMBER($bar, style: "percent", maximumFractionDigits: 1) } nothing is quoted.
}
why-bar-today = { $rule ->
    [ask] Today, below { NUMBER($bar, style: "percent", maximumFractionDigits: 1) } the model is not asked; what held then was not stored.
   *[quote] Today, below { NUMBER($bar, style: "percent", maximumFractionDigits: 1) } nothing is quoted; what held then was not stored.
}
why-named = The question names something that stands in the passage, so a low fit did not stop it.
why-no-model = Nothing was sent to a model.
why-model = { $requests ->
    [one] One request went to { $server } ({ $model }).
   *[other] { $requests } requests went to { $server } ({ $model }).
}
why-problems = What failed: { $list }.
why-judge = { $judge } compared the sentences with the passages that they cite: { $list }.
why-findings = The checks objected: { $list }.
why-corrected = Misspelt words were corrected before the search.
why-reduced = Of a long message only the telling part was searched for.
why-withheld = { $count ->
    [one] One passage with text for a language model was left out.
   *[other] { $count } passages with text for a language model were left out.
}
why-instead = { $kind ->
    [cache] An earlier answer that still held was shown instead.
    [quotes] The documents’ own words were shown instead.
    [too-low] What was found fits too little to be quoted instead.
   *[nothing] There was nothing to show instead.
}
why-review = { $state ->
    [approved] { $person } approved the draft on { $day }.
    [edited] { $person } wrote the answer on { $day }.
    [rejected] { $person } rejected the draft on { $day }.
    [expired] Nobody decided the review in time.
   *[open] The review is still open.
}
why-unknown = It ended with the code { $code }, which this version does not know.

why-ok = { $form ->
    [approved] It got an answer that a person had approved before.
    [cached] It got an answer that had been proved for the same question before.
    [proved-quotes] The model’s wording was not proved, so the quotes that were proved were shown.
    [quoted] It was answered in the documents’ own words.
   *[written] It was answered in words that were proved sentence by sentence.
}
why-ok-do = Nothing needs to be done.
why-input-empty = The message held no word, so there was nothing to look for.
why-input-empty-do = Nothing needs to be done.
why-input-too-long = The message was longer than may be read.
why-input-too-long-do = If your people paste longer logs, raise limits.pasted_chars.
why-no-question = It was a greeting, thanks or a call for help, so a friendly line with examples was sent.
why-no-question-do = Nothing needs to be done.
why-user-limit = This person had asked as often as one person may.
why-user-limit-do = If that is too little, raise limits.per_user.
why-tenant-limit = The workspace had asked as often as it may.
why-tenant-limit-do = See who asks so much with “citedesk report”, or raise limits.per_tenant.
why-route-limit = More questions came this way than limits.per_route allows.
why-route-limit-do = If that is too little, raise it.
why-queue-full = Too many questions were being answered at that time.
why-queue-full-do = See with “citedesk report” what is slow; raise limits.in_flight only if the machine has room.
why-token-budget = The workspace had used the model’s tokens of that day.
why-token-budget-do = Wait for the next day, or raise limits.tenant_tokens_per_day.
why-index-unavailable = There was no index that could be searched.
why-index-unavailable-do = Run “citedesk doctor”, then “citedesk index build”.
why-retrieval-empty = The search found nothing that this person may read there.
why-retrieval-empty-do = Check the groups of the documents, and the sources of that channel.
why-retrieval-low = That is too little, so no answer was given.
why-retrieval-low-do = To have it answered, write the missing article; if good questions end so again and again, calibrate.
why-access-filtered = A document that this person may not read is much nearer to the question; they were told only that there is not enough info.
why-access-filtered-do = Check whether the access rules are as you want them.
why-insufficient-context = What was found does not answer the question, so no answer was given.
why-insufficient-context-do = To have it answered, write the missing article.
why-not-the-question = The second reader found that the draft does not answer what was asked, so it was not shown.
why-not-the-question-do = To have it answered, write the missing article.
why-model-timeout = The model did not answer in time.
why-model-timeout-do = Check the model server; llm.read_timeout_s and limits.request_deadline_s say how long is waited.
why-model-down = The model server could not be reached, or failed.
why-model-down-do = Check the server with “citedesk doctor”.
why-model-rate-limited = The model server, or our own throttle, let no more requests pass in time.
why-model-rate-limited-do = Get a larger quota, set llm.requests_per_minute to what you have, or add a server to llm.failover.
why-model-refused = The model server refused the request.
why-model-refused-do = Check key, quota, model and address with “citedesk doctor”.
why-model-empty = The model’s reply held no text, also when it was asked again.
why-model-empty-do = Try another model.
why-model-cut-off = The model reached its token limit before it said anything.
why-model-cut-off-do = Raise limits.output_tokens_max, or lower llm.reasoning_effort.
why-content-filter = The model, or the content filter of its server, declined to answer.
why-content-filter-do = Ask whoever runs the server.
why-circuit-open = The model server had failed several times in a row and was left alone for a while.
why-circuit-open-do = Check the server with “citedesk doctor”.
why-schema-invalid = The model’s reply could not be read, not even after one repair.
why-schema-invalid-do = Try another model, or another llm.output_format.
why-unverified = Not one quote of the model’s draft could be proved, so a person has to decide.
why-unverified-do = Look at the review; if this happens often, try another model.
why-low-confidence = The model itself was not sure of its draft, so a person has to decide.
why-low-confidence-do = Look at the review; review.low_confidence can show the quotes instead.
why-approval-required = In this channel a person approves every answer first.
why-approval-required-do = Look at the review.
why-disputed = Readers found the answer bad, so a person has to decide.
why-disputed-do = Look at the review.
why-source-changed = A document behind an approved answer has changed, so a person has to decide.
why-source-changed-do = Look at the review.
why-policy = The reply repeated our own instructions or held a credential, so nothing of it was shown.
why-policy-do = Remove credentials from the documents.
why-deadline = It took longer than limits.request_deadline_s.
why-deadline-do = See with “citedesk report” which stage is slow.
why-delivery-failed = There was an outcome, but it could not be posted.
why-delivery-failed-do = The log says why at post_failed; often the bot is not in the channel.
why-internal = Something went wrong on our side.
why-internal-do = The log says which kind of error at pipeline_failed; please report it.

why-finding-no-citation = the text cites nothing
why-finding-unknown-chunk = a marker names no passage that was found
why-finding-quote-not-found = a quote is not word for word in its source
why-finding-uncited-claim = a sentence has no proved quote behind it
why-finding-unsupported-value = a number, date, name of a button or the like is not in the passages cited
why-finding-foreign-link = a link is in no document
why-finding-contradicted = the passages say otherwise
why-finding-not-stated = the passages do not state all of it
why-finding-not-judged = no second reader compared a sentence with what it cites
why-finding-too-long = the text is too long
why-finding-leak = it repeats our own instructions or holds a credential
why-finding-check-failed = a check could not run
why-verdict-supported = { $count } supported
why-verdict-contradicted = { $count } contradicted
why-verdict-not-stated = { $count } not stated there
why-verdict-verbatim = { $count } word for word
why-problem-model-timeout = the model did not answer in time
why-problem-model-down = the server could not be reached, or failed
why-problem-circuit-open = the server kept failing and was left alone
why-problem-model-rate-limited = the server let no more requests pass
why-problem-model-refused = the server refused the request
why-problem-model-empty = the model said nothing
why-problem-model-cut-off = the reply was cut off at its token limit
why-problem-content-filter = the model or the server’s filter declined
why-problem-schema-invalid = the reply could not be read

### Gaps: the two buttons below each, for admins

gap-draft-article = Draft an article
gap-write-answer = Write the answer
gap-gone = This is no gap any more: somebody has answered it, or it is too old.
gap-article-intro = An outline for the missing article. It holds what was asked and where you may look; you write the rest.
gap-article-sent = I have sent you the outline in our own chat.
gap-article-asked = Asked
gap-article-times = { $count ->
    [one] once
   *[other] { $count } times
}
gap-article-answer = Answer
gap-article-to-write = (write the answer here, and delete what is below)
gap-article-near = Nearest documents
gap-article-none-near = No document comes near.
gap-article-missing = What is missing
gap-article-no-passage = None of these passages answers the questions above.
gap-article-no-word = No document that you may read holds these words: { $list }.
gap-form-title = Answer a gap
gap-form-send = Save
gap-form-questions = Questions that this answers
gap-form-passages = Cite what the answer rests on by its number, such as [1]. Everybody who may read the cited documents gets the answer from now on.
gap-form-no-passages = No passage was found. Search for one below.
gap-form-answer = Answer
gap-form-search = Other passages: words to search for
gap-form-find = Search for other passages
gap-in-private = This works in our own chat only, because what it shows is not for everybody who reads here.
gap-below = You find it below.
gap-form-search-hint = Fill this in and save: nothing is stored yet, and the passages found stand above.
gap-form-objections = The documents do not prove this:
gap-form-anyway-label = Not proved
gap-form-anyway = Save anyway: I stand for this, and it is recorded so
gap-form-empty = Write an answer first.
gap-form-none-chosen = Choose at least one question.
gap-form-uncited = Cite at least one passage, such as [1]: without a document nobody could tell who may read the answer. If no document says it, draft the article instead.
gap-stored = { $questions ->
    [one] Stored. The question is answered so from now on.
   *[other] Stored. { $questions } questions of { $askers } people are answered so from now on.
}
gap-stored-barred = { $barred ->
    [one] One of those who asked may not read what it cites, and gets no answer.
   *[other] { $barred } of those who asked may not read what it cites, and get no answer.
}

### The report and the weekly digest

report-heading = Citedesk in the last { $days } days
report-questions-name = Questions
report-questions = { $questions ->
    [one] One question
   *[other] { $questions } questions
} by { $people ->
    [one] one person
   *[other] { $people } people
}.
report-helpful-name = Found helpful
report-helpful = { NUMBER($share, style: "percent", maximumFractionDigits: 0) } ({ $count } of { $judged } that were judged).
report-unjudged = Nobody judged an answer.
report-reviews-name = Reviews
report-decided = { $count ->
    [one] One decided, after { $median }.
   *[other] { $count } decided, half of them within { $median }, the longest after { $longest }.
}
report-expired = { $count ->
    [one] One ended because nobody was in time.
   *[other] { $count } ended because nobody was in time.
}
report-waiting = { $count ->
    [one] One is waiting now.
   *[other] { $count } are waiting now.
}
report-no-reviews = None.
report-hours = { $count ->
    [one] one hour
   *[other] { $count } hours
}
report-days = { $count ->
    [one] one day
   *[other] { $count } days
}
report-spend-name = Spent
report-tokens = { $tokens } tokens; no price is set.
report-cost = { $tokens } tokens, { NUMBER($dollars, minimumFractionDigits: 2, maximumFractionDigits: 2) } US dollars.
report-end-proved = answered with proof
report-end-quoted = quoted
report-end-not-enough = not enough info
report-end-person = to a person
report-end-other = limited or failed
report-share = { NUMBER($share, style: "percent", maximumFractionDigits: 0) }
report-gaps-name = Top gaps
report-gap-asked = “{ $question }”: { $times ->
    [one] once
   *[other] { $times } times
}, { $people ->
    [one] one person
   *[other] { $people } people
}
report-gap-near = { $times ->
    [one] One question
   *[other] { $times } questions
} by { $people ->
    [one] one person
   *[other] { $people } people
}, nearest to { $titles }
report-gap = { $times ->
    [one] One question
   *[other] { $times } questions
} by { $people ->
    [one] one person
   *[other] { $people } people
}, near no document
report-more = …and { $count } more
report-not-seen-name = Documents not seen lately
report-not-seen = { $title }: { $days ->
    [one] not seen for one day
   *[other] not seen for { $days } days
}; { $copy ->
    [yes] the last copy is used
   *[no] no longer in the index
}
report-not-seen-more = { $count ->
    [one] One more; an admin sees it in the coverage report.
   *[other] { $count } more; an admin sees them in the coverage report.
}
report-for-admins = Admins read the questions with “gaps”.
