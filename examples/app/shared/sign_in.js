import { el } from "./dom.js";
import { explain } from "./session.js";

/** @typedef {"email" | "code" | "password"} SignInStep */

/**
 * Returns the form in which a visitor signs in by a code from an e-mail, or by a password. The first
 * code creates their account.
 *
 * @param {Pick<import("./session.js").Session, "sendCode" | "signInByCode" | "signIn">} session
 * @param {{ title: string, lead: string }} texts
 * @param {() => Promise<void>} onSignedIn
 */
export function signInView(session, { title, lead }, onSignedIn) {
  const email = input("E-mail", { type: "email", autocomplete: "username", required: true });
  const code = input("Code", {
    autocomplete: "one-time-code",
    inputmode: "numeric",
    pattern: "[0-9]{6,10}",
    title: "The digits in the e-mail",
    required: true,
  });
  const password = input("Password", {
    type: "password",
    autocomplete: "current-password",
    required: true,
  });
  const fields = el("div.fields");
  const submit = el("button.primary", { type: "submit" });
  const said = el("p.said", { role: "alert" });
  const other = el("button.link", { type: "button" });
  const form = /** @type {HTMLFormElement} */ (el(
    "form.card.sign-in",
    el("h1", title),
    el("p.quiet", lead),
    fields,
    submit,
    said,
    other,
  ));
  const address = () => email.field.value;
  /** @type {Record<SignInStep, { inputs: ReturnType<typeof input>[], word: string, next: SignInStep, otherWord: string, run: () => Promise<void> }>} */
  const steps = {
    email: {
      inputs: [email],
      word: "E-mail me a code",
      next: "password",
      otherWord: "Use a password instead",
      async run() {
        await session.sendCode(address());
        show("code");
        said.textContent = isLocal()
          ? `The local stack sends no e-mail: “deno task logs auth” prints the code for ${address()}.`
          : `A code was sent to ${address()}.`;
      },
    },
    code: {
      inputs: [email, code],
      word: "Sign in",
      next: "email",
      otherWord: "Ask for another code",
      async run() {
        await session.signInByCode({ email: address(), token: code.field.value });
        await onSignedIn();
      },
    },
    password: {
      inputs: [email, password],
      word: "Sign in",
      next: "email",
      otherWord: "Use a code instead",
      async run() {
        await session.signIn({ email: address(), password: password.field.value });
        await onSignedIn();
      },
    },
  };
  /** @type {SignInStep} */
  let step = "email";
  const focus = () => {
    const { inputs } = steps[step];
    (inputs.find(({ field }) => field.value === "") ?? inputs.at(-1))?.field.focus();
  };
  const show = (/** @type {SignInStep} */ next) => {
    step = next;
    fields.replaceChildren(...steps[step].inputs.map(({ label }) => label));
    submit.textContent = steps[step].word;
    other.textContent = steps[step].otherWord;
    said.textContent = "";
    code.field.value = "";
    focus();
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    said.textContent = "";
    form.inert = true;
    try {
      await steps[step].run();
    } catch (error) {
      const problem = explain(error);
      said.textContent = `${problem.title}: ${problem.detail}`;
    } finally {
      form.inert = false;
      // What is inert loses the focus.
      focus();
    }
  });
  other.addEventListener("click", () => show(steps[step].next));
  show(step);
  return form;
}

function isLocal() {
  return /^(localhost|127\.0\.0\.1)$/.test(location.hostname);
}

/**
 * @param {string} title
 * @param {import("./dom.js").Attributes} attributes
 */
function input(title, attributes) {
  const field = /** @type {HTMLInputElement} */ (el("input", attributes));
  return { field, label: el("label", el("span", title), field) };
}
