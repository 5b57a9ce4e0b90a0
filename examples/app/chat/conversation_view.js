import { announce, el } from "../shared/dom.js";
import { answerView, questionButtons } from "./answer_view.js";
import { explain } from "../shared/session.js";

const LONGEST_QUESTION = 4000;
const FIRST_QUESTIONS = [
  "Which model was cheapest per correct field last week?",
  "How many runs were completed on each day of the last thirty days, the days in order?",
  "Which fields are most often wrong?",
  "Which tests failed in the latest test run, and why?",
];

/**
 * Returns a conversation with the field to ask in.
 *
 * @param {import("./api.js").Api} api
 * @param {{ id: string | null, onAsked: (id: string) => void }} conversation `id` is null for a new
 *   one; `onAsked` is told the id with each question
 */
export function conversationView(api, { id, onAsked }) {
  let conversation = id;
  /** @type {AbortController | null} */
  let running = null;
  /** @type {ReturnType<typeof answerView> | null} */
  let latest = null;
  const turns = el("ol.turns");
  const field = /** @type {HTMLTextAreaElement} */ (el("textarea", {
    rows: 1,
    maxlength: LONGEST_QUESTION,
    placeholder: "Ask about your benchmarks, prompts and tests",
    "aria-label": "Question",
  }));
  const send = /** @type {HTMLButtonElement} */ (el("button.primary", { type: "submit" }, "Ask"));
  const form = el(
    "form.composer",
    el("div.field", field, send),
    el(
      "p.quiet.hint",
      "Enter asks, Shift and Enter starts a line. Answers can be wrong: check the rows.",
    ),
  );
  const opening = el(
    "div.opening",
    el("h1", "Ask about your data"),
    el(
      "p.quiet",
      "A model writes one query, which reads your own rows only, and puts them into words.",
    ),
    questionButtons("For example", FIRST_QUESTIONS, (question) => void ask(question)),
  );
  const element = el(
    "section.conversation",
    { "aria-label": "Conversation" },
    opening,
    turns,
    form,
  );

  /** @param {string} question */
  const addTurn = (question) => {
    opening.replaceWith(el("h1.unseen", "Conversation"));
    latest?.hideFollowUps();
    latest = answerView({ rate: api.rate, ask: (next) => void ask(next) });
    turns.append(el("li.turn", el("h2.question", question), latest.element));
    return latest;
  };

  /** @param {string} text */
  async function ask(text) {
    const question = text.trim();
    if (question === "" || running !== null) return;
    running = new AbortController();
    setRunning(true);
    field.value = "";
    const answer = addTurn(question);
    answer.showStep("understanding");
    answer.element.setAttribute("aria-busy", "true");
    answer.element.closest("li")?.scrollIntoView({ block: "start" });
    try {
      await follow(api.ask({ question, conversation, signal: running.signal }), answer);
    } catch (error) {
      if (running.signal.aborted) answer.end("Stopped.");
      else {
        answer.end("");
        answer.showProblem(explain(error));
      }
    } finally {
      answer.element.removeAttribute("aria-busy");
      running = null;
      setRunning(false);
    }
  }

  /**
   * @param {AsyncIterable<import("./chat_data.ts").ChatEvent>} events
   * @param {ReturnType<typeof answerView>} answer
   */
  async function follow(events, answer) {
    let hasEnded = false;
    for await (const { event, data } of events) {
      switch (event) {
        case "status":
          if (conversation !== data.conversation_id) {
            conversation = data.conversation_id;
            onAsked(conversation);
          }
          // A second attempt starts again.
          if (data.status === "understanding") answer.clearRows();
          answer.showStep(data.status);
          break;
        case "sql":
          answer.showSql(data.sql);
          break;
        case "rows":
          answer.showRows(data);
          break;
        case "delta":
          answer.write(data.text);
          break;
        case "follow_ups":
          answer.showFollowUps(data.questions);
          break;
        case "done":
          hasEnded = true;
          answer.end("");
          answer.showFacts(data);
          answer.showRating(data.message_id, null);
          announce(`Answer: ${answer.text()}`);
          break;
        case "error":
          hasEnded = true;
          answer.end("");
          answer.showProblem(data);
          answer.showCost(data["cost_usd"]);
          if (typeof data["message_id"] === "string") answer.showRating(data["message_id"], null);
          break;
      }
    }
    if (!hasEnded) throw new TypeError("The stream ended before the answer did.");
  }

  /** @param {boolean} isRunning */
  function setRunning(isRunning) {
    send.textContent = isRunning ? "Stop" : "Ask";
    form.classList.toggle("running", isRunning);
  }

  const submit = () => running === null ? void ask(field.value) : running.abort();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    if (running === null) submit();
  });

  return {
    element,
    /** Shows the stored messages. Returns whether there are any. */
    async load() {
      if (conversation === null) return true;
      const messages = await api.messages(conversation);
      for (const [index, message] of messages.entries()) {
        if (message.role !== "assistant") {
          // The answer to a question that was stopped is not stored.
          if (messages[index + 1]?.role !== "assistant") {
            addTurn(message.content).end("Not answered.");
          }
          continue;
        }
        const answer = addTurn(messages[index - 1]?.content ?? "");
        answer.write(message.content);
        answer.end("");
        if (message.sql !== null) answer.showSql(message.sql);
        if (message.rows !== null) answer.showRows(message.rows);
        answer.showCost(message.cost_usd);
        answer.showRating(message.id, message.chat_ratings);
        if (index === messages.length - 1) answer.showFollowUps(message.follow_ups ?? []);
      }
      return messages.length > 0;
    },
    focus: () => field.focus(),
    /** Stops an answer that is being written. */
    leave: () => running?.abort(),
  };
}
