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

in-quotes = “{ $text }”
moment-of = { $day }, { $time } UTC

### Outcomes

expired = Nobody could look at your question in time, so I have no answer that somebody stands for. Please ask again, or ask a colleague directly.
checked-by-a-person = A person is checking this and will answer here.
quoted = What the documents say
meanwhile = Meanwhile, what the documents say
closest = Closest passages
nearest-documents = The nearest documents:
approved-by-on = Approved by { $who } on { $day }
did-you-mean = Did you mean
blocked = I cannot show what came back for this: it runs against my safety rules. An admin can look up the id below.
escalated = I have passed your question to a person. The answer will come here.
not-enough-head = Not enough info.
not-enough = No answer that I can prove was found in the documents.
not-enough-at-all = { not-enough-head } { not-enough }
introduction = I answer questions from your team's documents, and show where each answer stands. Ask me one in a sentence.
introduction-with-examples = I answer questions from your team's documents, and show where each answer stands. For example:
not-confirmed = A reviewer looked at this and could not confirm an answer from the documents.
given-up = Something went wrong again and again while I worked on this, and I have no answer. An admin can look up the id.
files-left-out = I read text only: the files were left out.
may-see-more = You may read documents that not everybody here may: ask me in our own chat, too.
passed-on = Thanks, I have passed that on to the reviewer.
stopped-words = Stopped. I have not answered this; ask again whenever you like.
other-language = The documents are in { $language }; try asking in { $language }.
another-language = The documents are in another language.
understood-as = Understood as
understood-corrected = I read this as
understood-reduced = Your message is long. I searched for
unavailable = I cannot answer right now.
unavailable-index-unavailable = The documents are not indexed yet, or the index is damaged.
unavailable-deadline = It took too long.
unavailable-internal = Something went wrong on our side.

### Who gets no answer

stranger = I serve another organization's people only, so I cannot answer you.
guest = I answer the people of this organization only, and you are a guest here. Please ask one of them.
unchecked = I could not find out whether you are a guest here, so I do not answer. Please try again in a minute.

### Limits

limit-input-empty = I need a question in words. Ask me in one sentence.
limit-input-too-long = That is longer than the { $limit } characters I can read. Please ask in fewer words.
limit-user-limit = You have reached the limit of { $limit } questions for now. Please ask again in { $wait }.
limit-tenant-limit = This workspace has reached its limit of { $limit } questions. Please ask again in { $wait }.
limit-route-limit = Too many questions arrive this way right now. Please ask again in { $wait }.
limit-queue-full = I am busy with { $limit } questions. Please ask again in { $wait }.
limit-token-budget = This workspace has used what it may use of the model today. Please ask again in { $wait }.

### Reviews, for reviewers

hidden-draft = This draft quotes documents that not everyone in this channel may read.
hidden-sources = This review names documents that not everyone in this channel may read.
outdated-draft = A document that this draft cites has changed or is gone, or not everybody who would read the answer may read it.
asked-by-one = { $who } asked
asked-by-several = Asked by { $count } people: { $names }
asked-by-many = Asked by { $count } people: { $names } and { $more } more
review-reason-unverified = The draft could not be proved from the documents.
review-reason-low-confidence = The model was not sure that its draft answers the question.
review-reason-insufficient-context = The asker wants a person to answer.
review-reason-approval-required = The draft is proved. In this channel a person approves every answer first.
review-reason-disputed = Readers found the answer to this bad. This is what I would say now.
review-reason-source-changed = You approved this answer, and a document that it cites has changed since.
decision-open = Open
decision-claimed = Claimed by { $who }
decision-approved = Approved by { $who }
decision-edited = Edited and approved by { $who }
decision-rejected = Rejected by { $who }
decision-expired = Ended without a decision: nobody was in time

### Findings: what follows the words that a finding is about

finding-no-citation = cites nothing
finding-unknown-chunk = names no passage that was found
finding-quote-not-found = is not word for word in the source that it is quoted from
finding-uncited-claim = has no proved quote behind it
finding-unsupported-value = is not in the passages that the sentence cites
finding-contradicted = says otherwise than the passages that it cites
finding-not-stated = goes beyond the passages that it cites
finding-not-judged = is not word for word in its source, and no second reader has compared the two
finding-foreign-link = is a link that no document has
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

no-model-model-timeout = The writing model did not answer in time.
no-model-model-down = The writing model could not be reached.
no-model-circuit-open = The writing model could not be reached.
no-model-model-rate-limited = The writing model is too busy right now.
no-model-model-refused = The writing model's server refused the request.
no-model-content-filter = The writing model's provider declined to answer this.
no-model-schema-invalid = The writing model's reply could not be read.
no-model-model-empty = The writing model gave no answer.
no-model-model-cut-off = The writing model gave no answer.
own-words = These are the documents' own words.
problem-model-timeout = the model did not answer in time
problem-model-down = the server could not be reached, or failed
problem-circuit-open = the server kept failing and is left alone for a while
problem-model-rate-limited = the server lets no more requests pass
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
error-internal = Something went wrong on our side.
error-build-running = I am reading the documents already. Please try again when that is done.
error-index-unavailable = I cannot reach the documents right now.
error-not-allowed = Only reviewers may decide this.
error-not-admin = Only admins may do this. Ask whoever runs Citedesk to add you to access.admins.
error-review-restricted = This draft cites a document that you may not read.
error-review-unknown = This review no longer exists.
error-request-unknown = I know no request with this id.
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
no-reviews = No review waits for you.
reindexing = I am reading the documents again, and will report here.
outcome-answered = answered
outcome-needs-review = passed to a person
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
status-work = At work on
status-approved = Approved answers
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
}, half of them answered within { NUMBER($seconds, minimumFractionDigits: 1, maximumFractionDigits: 1) } seconds; { $tokens } tokens, { $cost }.
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
coverage = Reindexed: { $indexed } of { $seen } files can be searched, as { $chunks } passages ({ $reused } unchanged).
not-seen-kept = last seen { $day }, { $days ->
    [one] { $days } day
   *[other] { $days } days
} ago; that copy is used
not-seen-gone = last seen { $day }, { $days ->
    [one] { $days } day
   *[other] { $days } days
} ago; no longer in the index
gap = { $times ->
    [one] { $times } time
   *[other] { $times } times
}, { $people ->
    [one] { $people } person
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
feedback-thanks-for-reason = Thank you. That helps to mend the answers, and the documents.
input-should-say = What should it say?
escalated-before = A person has your question already. The answer will come here.
asked-already = You have pressed this before: my answer is here, or will be in a moment.
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
reminder = This still waits for a reviewer, and somebody waits for the answer.
asker-answers = { $who } answers:
waiting-for-asker = Waiting for the asker's answer.
modal-in-private = In private
modal-nothing-sent = Nothing was sent
modal-edit = Edit the answer
modal-write = Write an answer
modal-reject = Reject the draft
modal-reject-several = Reject the selected
modal-ask-back = Ask the asker
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
markers-hint = Keep or add the markers: the sources they name go out with the answer.
not-proved-by-documents = The documents do not prove this:
not-proved = Not proved
send-anyway = Send anyway: I stand for this, and it is recorded so
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
home-status = How it goes
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
filter-disputed = Open, found bad by readers
filter-changed = Open, a source has changed
filter-decided = Decided lately
left-out = Left out
left-out-more = …and { $count } more; { $command } lists all.

### Commands in Slack

help-head = Citedesk answers from your team's documents, with sources, or says that it cannot.
help-mention = Mention me in a channel, or write to me directly, and ask. In a thread of ours, just go on asking.
help-ask = { $command } answers only to you. { $shortcut }, in a message's menu, does too.
help-status = { $command } shows what I have read, and what I am at work on.
help-reviews = { $command } lists what waits for a reviewer (reviewers).
help-reindex = { $command } reads the documents again (admins).
help-rollback = { $command } goes back to the documents as they were read before (admins).
help-why = { $command } explains what became of a question (admins).
help-usage = { $command } counts questions, and what they took (admins).
help-gaps = { $command } lists what people asked and the documents do not answer (admins).
help-help = { $command } shows this.
unknown-command = I do not know { $name }.
title-status = Citedesk status
title-reviews = Reviews
title-rollback = Rollback
title-why = Why
title-usage = Usage
title-gaps = Gaps
reindexing-progress = I am reading the documents: { $percent } percent done.
go-back = To go back all the same: { $command }
why-head = { $id } ended as { $outcome }, verdict { $verdict }.
gaps = Asked, and not answered by the documents
gap-nearest = nearest: { $titles }
reviews-waiting = Waiting for a reviewer
reviews-where = Decide them on their cards, or on my Home tab.
