"use strict";
// Draws blocks and messages, and says what their buttons do.

/* ---- blocks ---- */

function textObject(object) {
  return object.type === "mrkdwn" ? mrkdwn(object.text) : el("span", {}, object.text);
}

// What an element does when used: in a message, or in App Home with whatever is ticked there.
function use(message, block, action) {
  const block_id = block.block_id || "";
  if (message.home) return send("sandbox/home", { block_id, action, values: ticked() });
  return send("sandbox/press", { channel: message.channel, ts: message.ts, block_id, action });
}

// A description beside the label; the name of a button is its label.
const describing = (button) => (button.accessibility_label === button.text.text ? null : button.accessibility_label);

function actionButton(message, block, button) {
  const action = { type: "button", action_id: button.action_id, value: button.value || "", text: button.text };
  return el("button", {
    class: "button " + (button.style || ""), type: "button", title: describing(button),
    onclick: () => use(message, block, action),
  }, button.text.text);
}

function select(element, used, name) {
  const chosen = element.initial_option ? element.initial_option.value : null;
  const box = el("select", { "data-action": element.action_id, "aria-label": name }, ...element.options.map((o) =>
    el("option", { value: o.value, selected: o.value === chosen }, o.text.text)));
  if (used) box.addEventListener("change", () => used(element.options.find((o) => o.value === box.value)));
  return box;
}

function checkboxes(element, block) {
  const ticked = new Set((element.initial_options || []).map((o) => o.value));
  return el("div", { class: "checks", "data-action": element.action_id, "data-block": block.block_id || "" }, ...element.options.map((o) => {
    const box = el("input", { type: "checkbox", value: o.value, checked: ticked.has(o.value), "data-label": o.text.text });
    return el("label", {}, box, " ", o.text.text);
  }));
}

function ticked() {
  const values = {};
  for (const group of $("home").querySelectorAll(".checks")) {
    const options = [...group.querySelectorAll("input:checked")].map((box) => (
      { text: { type: "plain_text", text: box.dataset.label }, value: box.value }));
    values[group.dataset.block] = { [group.dataset.action]: { type: "checkboxes", selected_options: options } };
  }
  return values;
}

function element(message, block, data) {
  if (data.type === "static_select") {
    return select(data, (option) => use(message, block, { type: "static_select", action_id: data.action_id, selected_option: option }),
      data.placeholder ? data.placeholder.text : "Choose");
  }
  if (data.type === "checkboxes") return checkboxes(data, block);
  return actionButton(message, block, data);
}

function feedbackButton(message, block, element, button, sign) {
  const action = { type: "feedback_buttons", action_id: element.action_id, value: button.value, text: button.text };
  const chosen = message.chosen[block.block_id] === button.value;
  return el("button", {
    class: "button" + (chosen ? " chosen" : ""), type: "button", "aria-pressed": String(chosen),
    title: describing(button), onclick: () => use(message, block, action),
  }, icon(sign), " " + button.text.text);
}

function block(message, data) {
  switch (data.type) {
    case "section": return el("div", { class: "block" }, textObject(data.text));
    case "header": return el("div", { class: "block header" }, data.text.text);
    case "context": return el("div", { class: "block context" }, ...data.elements.map(textObject));
    case "markdown": return el("div", { class: "block markdown" }, markdown(data.text));
    case "divider": return el("hr");
    case "actions": return el("div", { class: "block actions" }, ...data.elements.map((e) => element(message, data, e)));
    case "context_actions": return el("div", { class: "block actions" }, ...data.elements.flatMap((e) => [
      feedbackButton(message, data, e, e.positive_button, "up"), feedbackButton(message, data, e, e.negative_button, "down")]));
    default: return el("div", { class: "block" }, `(${data.type})`);
  }
}

/* ---- messages ---- */

function avatar(id) {
  const who = person(id);
  const role = id === view.state.bot.id ? "bot" : who.role;
  return el("span", { class: `avatar ${role}`, "aria-hidden": "true" }, role === "bot" ? "[1]" : who.name[0]);
}

function taskNode(task) {
  const sources = (task.sources || []).map((source) => safeLink(source.url, source.text));
  return el("li", { class: task.status }, icon(task.status === "complete" ? "done" : "going"), " " + task.title,
    ...sources.flatMap((link) => [" · ", link]));
}

// What one can do about a message: the app's shortcut, and for one's own to change or delete it.
function menu(message) {
  const entry = (label, run) => el("button", { type: "button", onclick: run }, label);
  const place = { channel: message.channel, ts: message.ts };
  const entries = message.user === view.state.bot.id ? [] : [entry("Ask Citedesk about this", () => send("sandbox/shortcut", place))];
  if (message.user === view.me) {
    entries.push(entry("Edit", () => {
      const text = window.prompt("Edit the message", unescapeSlack(message.text.replaceAll(`<@${view.state.bot.id}>`, "@" + view.state.bot.name)));
      if (text) send("sandbox/edit", { ...place, text });
    }), entry("Delete", () => send("sandbox/delete", place)));
  }
  return el("span", { class: "menu" }, ...entries);
}

function messageNode(message, inThread) {
  const isBot = message.user === view.state.bot.id;
  const time = new Date(parseFloat(message.ts) * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const body = el("div", { class: "body" },
    message.ephemeral ? el("div", { class: "only-you" }, "Only visible to you") : null,
    el("span", { class: "who" }, person(message.user).name), isBot ? el("span", { class: "app" }, "APP") : null,
    el("span", { class: "when" }, time + (message.edited ? " (edited)" : "")));
  const blocks = message.blocks || [];
  if (message.tasks.length) body.append(el("ul", { class: "tasks" }, ...message.tasks.map(taskNode)));
  for (const name of message.files) body.append(el("div", { class: "file" }, name));
  if (blocks.length) body.append(...blocks.map((data) => block(message, data)));
  else if (message.text) body.append(el("div", { class: "block" }, mrkdwn(message.text)));
  if (!inThread && !message.thread_ts) {
    const count = repliesTo(message.ts).length;
    const label = count ? `${count} ${count === 1 ? "reply" : "replies"}` : null;
    if (label) body.append(el("button", { class: "replies", type: "button", onclick: () => openThread(message.ts) }, label));
  }
  body.append(menu(message));
  return el("article", { class: "message" + (message.ephemeral ? " ephemeral" : ""), "data-ts": message.ts, "data-user": message.user }, avatar(message.user), body);
}

const inChannel = (message) => message.channel === view.channel;
const repliesTo = (ts) => view.state.messages.filter((m) => inChannel(m) && m.thread_ts === ts);

const statusOf = (thread) => ({
  status: view.state.status.find((s) => s.channel === view.channel && s.thread_ts === thread),
  running: view.state.sessions.some((s) => s.channel === view.channel && s.thread_ts === thread && s.state === "processing"),
});

function statusNode(thread, { status, running }) {
  return el("div", { class: "status" }, icon("going"),
    status ? `${view.state.bot.name} ${status.text}` : `${view.state.bot.name} is at work`,
    running ? el("button", { type: "button", class: "stop", onclick: () => send("sandbox/stop", { channel: view.channel, ts: thread }) }, "Stop") : null);
}

function statusParts(thread) {
  const now = statusOf(thread);
  return now.status || now.running ? [part("status" + thread, now, () => statusNode(thread, now))] : [];
}

function openThread(ts) {
  if (ts) view.opener = document.activeElement;
  view.thread = ts;
  render();
  // On a narrow page the thread covers the channel.
  if (ts && narrow.matches) $("thread-title").focus();
}

// Back to where the thread was opened; if that is gone or folded away, to the message that it belongs to.
function closeThread() {
  const ts = view.thread;
  openThread(null);
  const canReturn = view.opener !== document.body && view.opener.isConnected && isShown(view.opener);
  if (canReturn) return view.opener.focus();
  ($("messages").querySelector(`[data-ts="${ts}"] .replies`) || $("messages")).focus();
}
