import { el } from "./dom.js";
import { explain } from "./session.js";

/**
 * Returns the form to sign in or to create an account.
 *
 * @param {Pick<import("./session.js").Session, "signIn" | "signUp">} session
 * @param {{ title: string, lead: string }} texts
 * @param {() => Promise<void>} onSignedIn
 */
export function signInView(session, { title, lead }, onSignedIn) {
  const email = input("E-mail", { type: "email", autocomplete: "username", required: true });
  const password = input("Password", {
    type: "password",
    autocomplete: "current-password",
    minlength: 6,
    required: true,
  });
  const said = el("p.said", { role: "alert" });
  const submit = el("button.primary", { type: "submit" }, "Sign in");
  const create = el("button.link", { type: "button" }, "Create an account");
  const form = /** @type {HTMLFormElement} */ (el(
    "form.card.sign-in",
    el("h1", title),
    el("p.quiet", lead),
    email.label,
    password.label,
    submit,
    said,
    create,
  ));
  const credentials = () => ({ email: email.field.value, password: password.field.value });
  const attempt = async (/** @type {() => Promise<void>} */ step) => {
    said.textContent = "";
    form.inert = true;
    try {
      await step();
    } catch (error) {
      const problem = explain(error);
      said.textContent = `${problem.title}: ${problem.detail}`;
    } finally {
      form.inert = false;
    }
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void attempt(async () => {
      await session.signIn(credentials());
      await onSignedIn();
    });
  });
  create.addEventListener("click", () => {
    if (!form.reportValidity()) return;
    void attempt(async () => {
      if (await session.signUp(credentials())) return await onSignedIn();
      said.textContent = "Open the link in the e-mail that was sent to you, then sign in.";
    });
  });
  return form;
}

/**
 * @param {string} title
 * @param {import("./dom.js").Attributes} attributes
 */
function input(title, attributes) {
  const field = /** @type {HTMLInputElement} */ (el("input", attributes));
  return { field, label: el("label", el("span", title), field) };
}
