# Interface texts in English. A message holds no markup of a chat product: the product adds its own.
#
# One word for one thing:
#   asker         who asked the question; also of a question that several people asked
#   reviewer      a person who may decide reviews. "A person" only where the point is that it is not the bot: what an
#                 asker presses, and what follows at once. A "colleague" is anybody whom the asker knows.
#   admin         who may run the commands for admins
#   review        a question that waits for a reviewer's decision; its message to the reviewers is a card
#   approve, edit, reject, ask back, claim, take over, draft again: what a reviewer does, as the buttons call it
#   taken back    of a question: its asker needs no answer any more
#   draft         an answer that is not sent yet
#   quote         words of a document; passage: the sentences around them; source: where a passage stands
#   cite          name a source by its number, such as [1]
#   prove         find word for word, or checked, in the passages cited; second check: the comparison after that
#   fit           how well a passage answers the question, in percent; only admins read of it
#   rated         what people think of an answer: helpful or not helpful, good or bad
#   gap           a question that the documents do not answer
#   language model for askers, model for reviewers and admins
#   documents are read; an index is searched, and only admins read of it
# Never: snapshot, chunk, verdict, sufficiency, curated.

### Times

wait-moment = a moment
wait-seconds = { $count ->
    [one] { $count } second
   *[other] { $count } seconds
}
updated = updated { $day }

### Review cards that cannot be posted

no-reviewer-reached = I could not reach any reviewer, so nobody is looking at your question yet. It stays open in the reviewers' list, and the answer will come here as soon as somebody decides.
cards-refused = I cannot post review cards in { $place }: { $reason ->
    [is_archived] the channel is archived.
    [not_in_channel] I am not in that channel.
    [channel_not_found] there is no such channel, or it is private and I am not in it.
   *[other] the answer was “{ $reason }”.
}
cards-refused-direct = Until that is fixed, each reviewer gets the cards as direct messages.
cards-refused-listed = Until that is fixed, no cards arrive there. The questions stand in the reviewers' list.
cards-refused-doctor = Run “citedesk doctor”: it says what to do.

### Small talk

small-talk-thanks = You're welcome!
small-talk-ok = All right. Ask me whenever you like.

### An asker's Home

home-examples = Try one of these
home-your-questions = Your open questions
home-in-review = in review since { $day }
home-taken = { $person } has been looking at it since { $day }
home-waits-for-you = a reviewer has a question for you and is waiting for your reply
home-joined = A question that you asked, too
home-none-open = None of your questions is with a reviewer.

### Why a request ended so, for admins

why-searched = { $documents ->
    [one] One document was searched for { $asker }’s question.
   *[other] { $documents } documents were searched for { $asker }’s question.
}
why-searched-before = For { $asker }’s question I searched an index that has been rebuilt since.
why-not-searched = { $asker }’s message led to no search.
why-best = The best passage, from “{ $title }”, has a fit of { NUMBER($fit, style: "percent", maximumFractionDigits: 1) }.
why-best-hidden = The best passage, from a document that you may not read, has a fit of { NUMBER($fit, style: "percent", maximumFractionDigits: 1) }.
why-best-gone = The best passage, from a document that is no longer in the index, has a fit of { NUMBER($fit, style: "percent", maximumFractionDigits: 1) }.
why-title = “{ $title }”
why-near = Next best: { $titles }.
why-bar = { $rule ->
    [ask] Below { NUMBER($bar, style: "percent", maximumFractionDigits: 1) } the model is not asked.
   *[quote] Below { NUMBER($bar, style: "percent", maximumFractionDigits: 1) } nothing is quoted.
}
why-bar-today = { $rule ->
    [ask] Today the model is not asked below { NUMBER($bar, style: "percent", maximumFractionDigits: 1) }; what applied then was not stored.
   *[quote] Today nothing is quoted below { NUMBER($bar, style: "percent", maximumFractionDigits: 1) }; what applied then was not stored.
}
why-named = The passage holds something that the question names, so it was used in spite of the low fit.
why-no-model = Nothing was sent to a model.
why-model = { $requests ->
    [one] One request went to { $server } ({ $model }).
   *[other] { $requests } requests went to { $server } ({ $model }).
}
why-problems = What failed: { $list }.
why-judge = { $judge } compared the sentences with the passages that they cite: { $list }.
why-findings = The checks objected: { $list }.
why-corrected = Misspelt words were corrected before the search.
why-reduced = The message was long, so only its main part was searched for.
why-withheld = { $count ->
    [one] One passage was left out because it addresses a language model.
   *[other] { $count } passages were left out because they address a language model.
}
why-instead = { $kind ->
    [cache] An earlier answer that was still valid was shown instead.
    [quotes] The documents’ own words were shown instead.
    [too-low] The fit of what was found is too low to quote it instead.
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
    [approved] It got an answer that a reviewer had approved before.
    [remembered] { why-ok-remembered }
    [cached] It got an answer that had been proved for the same question before.
    [proved-quotes] The model’s wording was not proved, so the quotes that were proved were shown.
    [quoted] It was answered in the documents’ own words.
   *[written] It was answered in words that were proved sentence by sentence.
}
why-ok-do = Nothing needs to be done.
why-input-empty = The message held no word, so there was nothing to look for.
why-input-empty-do = Nothing needs to be done.
why-input-too-long = The message was longer than I can read.
why-input-too-long-do = If your people paste longer logs, raise limits.pasted_chars.
why-no-question = It was a greeting, thanks or a call for help, so a friendly line with examples was sent.
why-no-question-do = Nothing needs to be done.
why-user-limit = This person had asked as often as one person may.
why-user-limit-do = If that is too little, raise limits.per_user.
why-tenant-limit = The workspace had asked as often as it may.
why-tenant-limit-do = “citedesk report” shows who asks so much; or raise limits.per_tenant.
why-route-limit = More questions came from this product than limits.per_route allows.
why-route-limit-do = If that is too little, raise limits.per_route.
why-queue-full = Too many questions were being answered at that time.
why-queue-full-do = “citedesk report” shows what is slow; raise limits.in_flight only if the machine has room.
why-token-budget = The workspace had used up the model’s tokens for that day.
why-token-budget-do = Wait for the next day, or raise limits.tenant_tokens_per_day.
why-index-unavailable = There was no index that could be searched.
why-index-unavailable-do = Run “citedesk doctor”, then “citedesk index build”.
why-retrieval-empty = The search found nothing that this person may read there.
why-retrieval-empty-do = Check the groups of the documents, and the sources of that channel.
why-retrieval-low = That is too little, so no answer was given.
why-retrieval-low-do = To have it answered, write the missing article; if good questions keep ending like this, calibrate.
why-access-filtered = A document that this person may not read is much nearer to the question; they were told only that there is not enough info.
why-access-filtered-do = Check whether the access rules are as you want them.
why-insufficient-context = What was found does not answer the question, so no answer was given.
why-insufficient-context-do = To have it answered, write the missing article.
why-not-the-question = The second check found that the draft does not answer what was asked, so it was not shown.
why-not-the-question-do = To have it answered, write the missing article.
why-model-timeout = The model did not answer in time.
why-model-timeout-do = Check the model server; llm.read_timeout_s and limits.request_deadline_s set how long I wait.
why-model-down = The model server could not be reached, or failed.
why-model-down-do = Check the server with “citedesk doctor”.
why-model-rate-limited = The model server, or our own limit of requests, let no more requests pass in time.
why-model-rate-limited-do = Get a larger quota, set llm.requests_per_minute to what you have, or add a server to llm.failover.
why-model-refused = The model server refused the request.
why-model-refused-do = Check key, quota, model and address with “citedesk doctor”.
why-model-empty = The model’s reply held no text, also when it was asked again.
why-model-empty-do = Try another model.
why-model-cut-off = The model reached its token limit before it said anything.
why-model-cut-off-do = Raise limits.output_tokens_max, or lower llm.reasoning_effort.
why-content-filter = The model, or the content filter of its server, declined to answer.
why-content-filter-do = Ask whoever runs the server.
why-circuit-open = The model server had failed several times in a row, so I sent it no requests for a while.
why-circuit-open-do = Check the server with “citedesk doctor”.
why-schema-invalid = The model’s reply could not be read, not even after one attempt to repair it.
why-schema-invalid-do = Try another model, or another llm.output_format.
why-unverified = Not one quote of the model’s draft could be proved, so a reviewer has to decide.
why-unverified-do = Look at the review; if this happens often, try another model.
why-low-confidence = The model itself was not sure of its draft, so a reviewer has to decide.
why-low-confidence-do = Look at the review; review.low_confidence can show the quotes instead.
why-approval-required = In this channel a reviewer approves every answer first.
why-approval-required-do = Look at the review.
why-disputed = The answer was rated bad, so a reviewer has to decide.
why-disputed-do = Look at the review.
why-source-changed = A document behind an approved answer has changed, so a reviewer has to decide.
why-source-changed-do = Look at the review.
why-policy = The reply repeated our own instructions or held a credential, so nothing of it was shown.
why-policy-do = Remove credentials from the documents.
why-deadline = It took longer than limits.request_deadline_s.
why-deadline-do = “citedesk report” shows which stage is slow.
why-delivery-failed = There was a reply, but it could not be posted.
why-delivery-failed-do = The log says why at post_failed; often the bot is not in the channel.
why-internal = Something went wrong on our side.
why-internal-do = The log says which kind of error at pipeline_failed; please report it.

why-finding-no-citation = the text cites nothing
why-finding-unknown-chunk = a number in brackets names no passage that was found
why-finding-quote-not-found = a quote is not word for word in its source
why-finding-uncited-claim = a sentence has no proved quote behind it
why-finding-unsupported-value = a number, date, name of a button or the like is not in the passages cited
why-finding-foreign-link = a link is in no document
why-finding-contradicted = the passages say otherwise
why-finding-not-stated = the passages do not state all of it
why-finding-not-judged = no second check compared a sentence with what it cites
why-finding-too-long = the text is too long
why-finding-leak = it repeats our own instructions or holds a credential
why-finding-check-failed = a check could not run
why-verdict-supported = { $count } supported
why-verdict-contradicted = { $count } contradicted
why-verdict-not-stated = { $count } not stated there
why-verdict-verbatim = { $count } word for word

### Gaps: the two buttons below each, for admins

gap-draft-article = Draft an article
gap-write-answer = Write the answer
gap-gone = This is no gap any more: somebody has answered it, or it is too old.
gap-article-intro = An outline for the missing article. It holds what was asked and where you can look; you write the rest.
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
gap-form-title = Write the answer
gap-form-send = Save
gap-form-questions = Questions that this answers
gap-form-passages = Cite what the answer rests on by its number, such as [1]. From now on everybody who may read the cited documents gets this answer.
gap-form-no-passages = No passage was found. Search for one below.
gap-form-search = Other passages: words to search for
gap-form-find = Search for other passages
gap-below = You will find it below.
gap-form-search-hint = Fill this in and press “{ gap-form-send }”: nothing is saved yet, and the passages that I find appear above.
gap-form-anyway = Save anyway: I vouch for this, and that is recorded
gap-form-empty = Write an answer first.
gap-form-none-chosen = Choose at least one question.
gap-form-uncited = Cite at least one passage, such as [1]: without a document nobody could tell who may read the answer. If no document says it, press “{ gap-draft-article }” instead.
gap-stored = { $questions ->
    [one] Saved. From now on the question gets this answer.
   *[other] { $askers ->
        [one] Saved. From now on { $questions } questions of one person get this answer.
       *[other] Saved. From now on { $questions } questions of { $askers } people get this answer.
    }
}
gap-stored-barred = { $barred ->
    [one] One of those who asked may not read what it cites, and does not get it.
   *[other] { $barred } of those who asked may not read what it cites, and do not get it.
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
report-helpful = { NUMBER($share, style: "percent", maximumFractionDigits: 0) } ({ $count } of { $judged } that were rated).
report-unjudged = No answer was rated.
report-reviews-name = Reviews
report-decided = { $count ->
    [one] One decided, after { $median }.
   *[other] { $count } decided, half of them within { $median }, the longest after { $longest }.
}
report-expired = { $count ->
    [one] One ended without a decision.
   *[other] { $count } ended without a decision.
}
report-waiting = { $count ->
    [one] One is waiting now.
   *[other] { $count } are waiting now.
}
report-no-reviews = None.
report-spend-name = Spent
report-tokens = { $tokens } tokens; no price is set.
report-cost = { $tokens } tokens, { NUMBER($dollars, minimumFractionDigits: 2, maximumFractionDigits: 2) } US dollars.
report-end-proved = answered with proof
report-end-quoted = quoted
report-end-not-enough = not enough info
report-end-person = to a reviewer
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
report-not-seen-name = Documents not seen lately
report-not-seen = { $title }: { $days ->
    [one] not seen for one day
   *[other] not seen for { $days } days
}; { $copy ->
    [yes] the last copy is used
   *[no] no longer in the index
}
report-not-seen-more = { $count ->
    [one] One more; “citedesk index status” lists it.
   *[other] { $count } more; “citedesk index status” lists them.
}
report-for-admins = Admins read the questions with “gaps”.
in-quotes = “{ $text }”
moment-of = { $day }, { $time } UTC

### Outcomes

expired = Nobody could look at your question in time, so I have no checked answer. Please ask again, or ask a colleague directly.
checked-by-a-person = A person will check this and answer here.
quoted = What the documents say
meanwhile = Meanwhile, what the documents say
closest = Closest passages
nearest-documents = The nearest documents:
approved-by-on = Approved by { $who } on { $day }
did-you-mean = Did you mean
blocked = I may not show the answer to this: it breaks my safety rules. An admin can find out why with the id below.
escalated = I have passed your question to a person. The answer will come here.
not-enough-head = Not enough info.
not-enough = No answer that I can prove was found in the documents.
not-enough-at-all = { not-enough-head } { not-enough }
introduction = I answer questions from your team's documents, and show where each answer comes from. Ask me one in a sentence.
introduction-with-examples = I answer questions from your team's documents, and show where each answer comes from. For example:
not-confirmed = A reviewer looked at this and could not confirm an answer from the documents.
given-up = Something went wrong several times while I worked on this, so I have no answer. Please ask again later, or tell an admin.
files-left-out = I read text only: the files were left out.
may-see-more = You may read documents that not everybody here may read. Ask me in our own chat, too.
passed-on = Thanks, I have passed that on to the reviewer.
stopped-words = Stopped. I have not answered this; ask again whenever you like.
other-language = The documents are in { $language }; try asking in { $language }.
another-language = The documents are in another language; try asking in that one.
understood-as = Understood as
understood-corrected = I read this as
understood-reduced = Your message is long. I searched for
unavailable = I cannot answer right now.
unavailable-index-unavailable = The documents are not ready to be searched. An admin can see why.
unavailable-deadline = It took too long.
unavailable-internal = Something went wrong on our side.

### Who gets no answer

stranger = I work for another organization and answer only its people, so I cannot answer you.
guest = I answer only the people of this organization, and you are a guest here. Please ask one of them.
unchecked = I could not find out whether you are a guest here, so I cannot answer yet. Please try again in a minute.

### Limits

too-fast = That was faster than I can take it. I did not take your last press or command; everything before it counts. Please try again in { $wait }.
limit-input-empty = I need a question in words. Ask me in one sentence.
limit-input-too-long = That is longer than the { $limit } characters I can read. Please ask in fewer words.
limit-user-limit = { $limit ->
    [one] You have reached the limit of one question for now. Please ask again in { $wait }.
   *[other] You have reached the limit of { $limit } questions for now. Please ask again in { $wait }.
}
limit-tenant-limit = { $limit ->
    [one] This workspace has reached its limit of one question. Please ask again in { $wait }.
   *[other] This workspace has reached its limit of { $limit } questions. Please ask again in { $wait }.
}
limit-route-limit = Too many questions are coming in right now. Please ask again in { $wait }.
limit-queue-full = { $limit ->
    [one] I am busy with another question. Please ask again in { $wait }.
   *[other] I am busy with { $limit } questions. Please ask again in { $wait }.
}
limit-token-budget = This workspace has used up its share of the language model for today. Please ask again in { $wait }.

### Reviews, for reviewers

hidden-draft = This draft quotes documents that not everybody in this channel may read.
hidden-sources = This review names documents that not everybody in this channel may read.
outdated-draft = This draft cannot be sent: a document that it cites has changed or is gone, or not everybody who would read the answer may read it. Press “{ button-draft-again }”.
asked-by-one = { $who } asked
asked-by-several = Asked by { $count } people: { $names }
asked-by-many = Asked by { $count } people: { $names } and { $more } more
review-reason-unverified = The draft could not be proved from the documents.
review-reason-low-confidence = The model was not sure that its draft answers the question.
review-reason-insufficient-context = The asker wants a person to answer.
review-reason-approval-required = The draft is proved. In this channel a reviewer approves every answer first.
review-reason-disputed = The answer to this was rated bad. This is what I would say now.
review-reason-source-changed = This answer was approved, and a document that it cites has changed since.
decision-open = Open
decision-claimed = Claimed by { $who }
decision-approved = Approved by { $who }
decision-edited = Edited and approved by { $who }
decision-written = Answered by { $who }
decision-rejected = Rejected by { $who }
decision-expired = Ended without a decision: nobody got to it in time
decision-withdrawn = The question was taken back

### Findings: what follows the words that a finding is about

finding-no-citation = cites nothing
finding-unknown-chunk = names no passage that was found
finding-quote-not-found = is not word for word in the source that it is quoted from
finding-uncited-claim = has no proved quote behind it
finding-unsupported-value = is not in the passages that the sentence cites
finding-contradicted = contradicts the passages that it cites
finding-not-stated = goes beyond the passages that it cites
finding-not-judged = is not word for word in its source, and no second check has compared the two
finding-foreign-link = is a link that no document holds
finding-too-long = is too long
finding-leak = repeats our own instructions, or holds a credential
finding-check-failed = could not be checked

### Feedback

feedback-reason-wrong = It is wrong
feedback-reason-outdated = It is out of date
feedback-reason-incomplete = Something is missing
feedback-reason-off-topic = It does not answer the question
feedback-reason-other = Something else

### Model servers, for askers and for admins

no-model-model-timeout = The language model did not answer in time.
no-model-model-down = The language model could not be reached.
no-model-circuit-open = { no-model-model-down }
no-model-model-rate-limited = The language model is too busy right now.
no-model-model-refused = The language model's server refused the request.
no-model-content-filter = The language model's provider declined to answer this.
no-model-schema-invalid = The language model's reply could not be read.
no-model-model-empty = The language model gave no answer.
no-model-model-cut-off = { no-model-model-empty }
own-words = These are the documents' own words.
problem-model-timeout = the model did not answer in time
problem-model-down = the server could not be reached, or failed
problem-circuit-open = the server kept failing, so it gets no requests for a while
problem-model-rate-limited = the server let no more requests pass
problem-model-refused = the model refused the request
problem-model-empty = the model said nothing
problem-model-cut-off = the reply was cut off at its token limit
problem-content-filter = the provider's content filter, or the model, declined
problem-schema-invalid = the reply could not be read
problem-status = status { $status }
problem-finish-reason = finish reason { $reason }
problem-seconds = after { NUMBER($seconds, minimumFractionDigits: 1, maximumFractionDigits: 1) } s
problem-learnt = { $problem }, asked again in another way
problem-times = { $problem }, { $count } times

### Refusals

nothing-changed = Nothing was changed.
error-internal = Something went wrong on our side. Please try again, or tell an admin.
error-build-running = I am reading the documents already. Please try again when that is done.
error-index-unavailable = I cannot reach the documents right now. Please try again later.
error-not-allowed = Only reviewers may decide this. If you should be one, tell whoever runs Citedesk.
error-not-admin = Only admins may do this. Ask whoever runs Citedesk to add you to access.admins.
error-review-restricted = This draft cites a document that you may not read. Leave it to another reviewer.
error-review-unknown = This review no longer exists.
error-request-unknown = I know no request with this id. Please copy it from below my reply.
error-review-without-draft = There is no draft to approve. Write an answer instead.
error-review-hidden = A document that this draft cites is no longer there, so nobody is shown the draft. Press “{ button-draft-again }”.
error-review-not-drafted = I could not write a draft now, and the old one is kept. Please try again later.
error-review-redrafted = The draft has just been written again. Nothing was sent: read the new one first.
error-draft-outdated = “{ $title }” has changed since: what was quoted of it is no longer there.
error-source-gone = “{ $title }” is no longer among the documents.
error-source-restricted = Not everybody who would read the answer may read “{ $title }”.
error-draft-advice = Nothing was sent. Press “{ button-draft-again }”, or edit the answer so that it does not cite this.
error-review-decided = Nothing was changed. { $decision }.
error-review-claimed = { $who } has claimed this. Press “{ button-take-over }” first, if you must.

### Buttons, at most 75 characters

button-approve = Approve
button-edit = Edit
button-write-answer = Write an answer
button-reject = Reject
button-ask-back = Ask back
button-claim = Claim
button-take-over = Take over
button-draft-again = Draft again
button-show-in-private = Show in private
button-ask-a-person = Ask a person
button-try-again = Try again
button-ask-in-private = Ask in private

### Replies to commands

no-gaps = No gaps: every question of the last days had an answer.
no-reviews = No review is waiting for you.
reindexing = I am reading the documents again, and will report here.
outcome-answered = answered
outcome-needs-review = passed to a reviewer
outcome-not-enough-info = not enough info
outcome-blocked = blocked
outcome-limited = limited
outcome-unavailable = unavailable
and-more = …and { $count } more
none = none
status-documents = Documents
status-answers-by = Answers by
answers-by-extractive = the documents' own words, without a model
status-last-day = Last 24 hours
status-reviews = Reviews waiting
status-work = In progress
status-approved = Approved answers
status-processes = Processes
status-serving = { $behind ->
    [0] { $count } serve, all with the same documents
   *[other] { $count } serve, { $behind } with other documents
}
status-index = { $documents ->
    [one] { $documents } document
   *[other] { $documents } documents
}, read { $when }, { $skipped ->
    [0] no file left out
    [one] { $skipped } file left out
   *[other] { $skipped } files left out
}
status-no-index = none can be searched yet; an admin can run { $command }
status-not-seen = { $count ->
    [one] { $count } document not seen lately
   *[other] { $count } documents not seen lately
}
status-neglected = an order to read them waits, and nothing is running that reads them
status-build-failed = reading them on { $when } failed: { $error }
status-build-failed-unnamed = reading them on { $when } failed: an admin can see why
status-waiting = { $questions ->
    [one] { $questions } question
   *[other] { $questions } questions
}, { $replies ->
    [one] { $replies } reply
   *[other] { $replies } replies
}; { $given-up ->
    [0] nothing was given up
    [one] { $given-up } message was given up
   *[other] { $given-up } messages were given up
} in 7 days
curated-live = { $count } in use
curated-stale = { $count } out of date
why-no-stage = no stage was reached
usage-head = Last { $days } days
usage = { $requests ->
    [one] { $requests } question
   *[other] { $requests } questions
} by { $people ->
    [one] { $people } person
   *[other] { $people } people
}, { $requests ->
    [one] answered
   *[other] half of them answered
} within { NUMBER($seconds, minimumFractionDigits: 1, maximumFractionDigits: 1) } seconds; { $tokens } tokens, { $cost }.
usage-cost = { NUMBER($dollars, minimumFractionDigits: 2, maximumFractionDigits: 2) } US dollars
usage-no-price = no price is set
rolled-back = The documents are again as I read them on { $when }: { $snapshot }.
reopened = { $count ->
    [one] Nothing was changed yet. Going back to { $when } opens { $count } document to more people:
   *[other] Nothing was changed yet. Going back to { $when } opens { $count } documents to more people:
}
reopened-now-for = { $document }: for { $then }, now for { $now }
reopened-now-left-out = { $document }: for { $then }, now left out ({ $why })
reopened-now-deleted = { $document }: for { $then }, now deleted
coverage = Reindexed: { $indexed } of { $seen ->
    [one] { $seen } file
   *[other] { $seen } files
} can be searched, as { $chunks ->
    [one] { $chunks } passage
   *[other] { $chunks } passages
} ({ $reused } unchanged).
not-seen-kept = last seen { $day }, { $days ->
    [one] { $days } day
   *[other] { $days } days
} ago; that copy is used
not-seen-gone = last seen { $day }, { $days ->
    [one] { $days } day
   *[other] { $days } days
} ago; no longer in the index
gap = { $times ->
    [one] once
   *[other] { $times } times
}, { $people ->
    [one] one person
   *[other] { $people } people
}, last { $day }

### Around an answer, in Slack

you-asked = You asked: “{ $text }”
asked-before = asked before, same documents
sources = Sources
feedback-good = Good answer
feedback-bad = Bad answer
feedback-helpful = Helpful
feedback-not-helpful = Not helpful
feedback-thanks = Thanks, noted.
feedback-thanks-for-reason = Thank you. That helps to improve the answers and the documents.
input-should-say = What should it say?
escalated-before = A person has your question already. The answer will come here.
asked-already = You have pressed this before: my answer is here, or on its way.
failed = Something went wrong on our side, and nothing was done. Please try again.
not-posted = I have an answer for you but could not post it where you asked ({ $reason }). Please ask me here.
prompts-title = Ask me
progress-status = is reading the documents…
loading-reading = Reading the documents…
loading-comparing = Comparing what they say…
loading-checking = Checking every source…
step-retrieve = Search the documents
step-generate = Draft an answer
step-verify = Check every citation
step-judge = Compare each sentence with its source

### Reviews: cards and modals

reviewed-by = Reviewed by { $who }
answered-by-a-person = Answered by { $who }, not from the documents
asks-back = { $who } is looking at your question and asks:
reply-in-thread = Reply in this thread.
reply-in-channel = Reply in this thread. If others have written here, mention me.
reply-here = Reply here.
review-needed = Review needed
review-needed-about = Review needed: { $question }
question = Question
draft = Draft
quotes = Quotes
findings = Findings
sent = Sent
reason = Reason
sent-anyway = Sent although not every sentence could be proved from the documents.
sent-anyway-unsourced = Sent without a source from the documents.
reminder = This is still waiting for a reviewer, and somebody is waiting for the answer.
asker-answers = { $who } answers:
waiting-for-asker = Waiting for the asker's answer.
modal-in-private = In private
modal-nothing-sent = Nothing was sent
modal-edit = Edit the answer
modal-write = Write an answer
modal-reject = Reject the question
modal-reject-several = Reject selected
modal-ask-back = Ask back
modal-complaint = What is wrong with it?
modal-thanks = Thank you
submit-send = Send
submit-ask = Ask
close = Close
close-cancel = Cancel
close-skip = Skip
input-answer = Answer
input-reason = Reason for the asker
input-reason-of-several = Reason for the askers
input-question = What do you need to know?
markers-hint = A number such as [1] behind a sentence sends its source along. Without one the answer goes out as yours, not as the documents’.
not-proved-by-documents = The documents do not prove this:
not-proved = Not proved
send-anyway = Send anyway: I vouch for this, and that is recorded
anyway-missing = Tick this box, or change the answer.
answer-missing = Write an answer, or cancel and reject.
reviews-to-reject = { $count ->
    [one] { $count } review will be rejected.
   *[other] { $count } reviews will be rejected.
}
not-claimed = Not claimed
not-rejected = Not rejected
select-first = Select some reviews first.

### App Home in Slack

home-intro = I answer from your team's documents, with sources, or say that I cannot. Write to me under { $messages }, mention me in a channel, or type { $command }.
home-messages = Messages
home-reviews = Reviews: { $count } waiting
home-nothing = Nothing here.
home-previous = Previous
home-next = Next
home-page = Page { $page } of { $pages }
home-several = Several at once
home-claim-selected = Claim selected
home-reject-selected = Reject selected
home-status = How it is going
home-outcomes = Outcomes of the last 7 days
home-helpful = Found helpful { $helpful ->
    [one] once
   *[other] { $helpful } times
}, not helpful { $unhelpful ->
    [one] once
   *[other] { $unhelpful } times
}.
home-reindex = Read the documents again
filter-open = Open
filter-mine = Claimed by me
filter-disputed = Open, rated bad
filter-changed = Open, a source has changed
filter-decided = Decided lately
left-out = Left out
left-out-more = …and { $count } more; on the command line, { $command } lists all.

### Commands in Slack

help-head = Citedesk answers from your team's documents, with sources, or says that it cannot.
help-mention = Mention me in a channel, or write to me directly, and ask. In our thread, just go on asking.
help-ask = { $command } answers only to you. So does { $shortcut } in a message's menu.
help-status = { $command } shows what I have read, and what I am at work on.
help-reviews = { $command } lists what is waiting for a reviewer (for reviewers).
help-reindex = { $command } reads the documents again (for admins).
help-rollback = { $command } goes back to the documents as they were read before (for admins).
help-why = { $command } explains what became of a question (for admins).
help-usage = { $command } shows how much is asked, and what it takes (for admins).
help-report = { $command } says how the last week went (for admins).
help-gaps = { $command } lists what people asked and the documents do not answer (for admins).
help-help = { $command } shows this list.
unknown-command = I do not know { $name }.
title-status = Citedesk status
title-reviews = Reviews
title-rollback = Rollback
title-why = Why
title-usage = Usage
title-gaps = Gaps
reindexing-progress = I am reading the documents: { $percent } percent done.
go-back = To go back anyway: { $command }
gaps = Asked, and not answered by the documents
gap-nearest = nearest: { $titles }
reviews-waiting = Waiting for a reviewer
reviews-where = Decide them on their cards, or on my Home tab.

### Teams

teams-reply-with-mention = Mention me in your reply.
teams-trying-again = Trying again.
teams-looking-it-up = Looking it up.
teams-person-has-it = A person has your question now.
teams-anchor = One moment…
teams-step-retrieve = Searching the documents…
teams-step-generate = Drafting an answer…
teams-step-verify = Checking every citation…
teams-step-judge = Comparing each sentence with its source…
teams-feedback-title = Feedback
teams-somebody-in = Somebody in { $product }
delivery-waiting = The answer is being delivered.
delivery-failed = The answer could not be delivered, so the asker does not have it. Please tell them yourself.
teams-input-reason = Reason for the asker (optional)
teams-input-needed = Please fill this in.
teams-write-answer = Write an answer first, or reject.
teams-write-question = Write what you need to know first.
teams-button-refresh = Refresh
teams-not-here = This works only in our own chat, because what it shows is not for everybody here.
teams-help-question = QUESTION
teams-help-id = ID
teams-help-ask = Or just write the question.
teams-help-ask-here = Or just mention me and write the question.
teams-help-status = what I have read, and what I am at work on
teams-help-reviews = what is waiting for a reviewer (for reviewers)
teams-help-reindex = read the documents again (for admins)
teams-help-rollback = go back to the documents as they were read before (for admins)
teams-help-why = explain what became of a question (for admins)
teams-help-usage = how much is asked, and what it takes (for admins)
teams-help-report = how the last week went (for admins)
teams-help-gaps = what people asked and the documents do not answer (for admins)
teams-help-help = this list
teams-reviews-how = Decide them on their cards.

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
news-awaits = A reviewer has a question for you and is waiting for your reply here.
news-withdraw = If you no longer need an answer, write “never mind”.
withdrawn = I have taken your question back. Ask me again whenever you like.
withdrawn-question = I have taken your question “{ $question }” back. Ask me again whenever you like.
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
reject-reason-hint = You may leave this empty. The asker is told what to do next either way.

### An answer proposed in the thread of a card

proposal-ask = Send this as the answer?
proposal-send = Send it
proposal-send-anyway = Send it anyway
proposal-discard = Discard
proposal-too-long = This is too long to be sent from here. Press “{ button-write-answer }” and paste it there.
proposal-sent = Sent by { $name }.
proposal-discarded = Discarded. Nothing was sent.
proposal-changed = The documents have changed since: they no longer prove this. Nothing was sent. Reply again to see what is missing.

### Answers of people that no document holds

remembered = { $who } answered this on { $day }. It is not in the documents.
button-ask-a-person-again = Ask a person again
remember-box = Give it to others who ask the same, too, for { $days ->
    [one] one day
   *[other] { $days } days
}
remember-hint = Only where people may read the same. They read who answered, when, and that no document says so.
remember-hint-private = Empty, because this may be a private matter. { remember-hint }
remember-label = Others
proposal-for-others = Others who ask the same get this, too, for { $days ->
    [one] one day
   *[other] { $days } days
}.
proposal-send-only = Send it only to who asked
curated-remembered = { $count } without a document
report-end-remembered = answered before by a reviewer, without a document
why-ok-remembered = It got what a reviewer had answered to the same question before; no document proves it.

### Questions that were rejected before

rejected-before = A reviewer looked at this question on { $day } and had no answer.
rejected-because = The reason: “{ $note }”
escalated-again = A reviewer looked at this question on { $day } and had no answer. I have put it on the reviewers' list again, and what they decide will come here. It can take a day until they are asked again.
card-again = Rejected by { $who } on { $day }. Since then asked again { $times ->
    [one] once
   *[other] { $times } times
}.
teams-asked-again = I have put it on the reviewers' list again.

### Shared snapshots

error-storage-unavailable = I cannot reach the storage that all servers share. Questions are answered from the documents as before. Please try again later.
error-snapshot-not-fetched = The index could not be fetched from the storage that all servers share, so nothing was changed. “citedesk doctor” says why.

### Builds of the index, for whoever ordered one

reindexing-next = I am reading the documents already. When that is done, I will read them again, and report here.
reindexing-given-up = I could not read the documents: { $attempts } tries ended before their end. The index is as it was. Please tell whoever runs Citedesk.
reindexing-neglected = Nobody reads the documents: the part of Citedesk that does is not running, so your order waits. Please tell whoever runs Citedesk. Once the documents are read, I will report here.
error-enough-builds = I am reading the documents already, and another order waits: it will read what you have changed. I have not added a third.
