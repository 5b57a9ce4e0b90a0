import { html } from "hono/html";
import type { StoredSession } from "./objects.ts";

type Markup = ReturnType<typeof html>;

/** Returns the payment page: items, amount and a button for each outcome. */
export function payPage({ session, lineItems }: StoredSession, notice?: string): Markup {
  const email = session.customer_details?.email ?? "";
  const items = lineItems.map((item) =>
    html`<li><span>${item.description} × ${item.quantity}</span><span>${
      money(item.amount_total, item.currency)
    }</span></li>`
  );
  const total = money(session.amount_total ?? 0, session.currency ?? "usd");
  return layout(html`
    <p class="test">Test mode: no money moves.</p>
    ${notice === undefined ? "" : html`<p class="notice" role="alert">${notice}</p>`}
    <h1>${total}</h1>
    <ul>${items}</ul>
    <form method="post">
      <label>E-mail
        <input type="email" name="email" value="${email}" ${email === "" ? "" : "readonly"}>
      </label>
      <button name="action" value="pay">Pay ${total}</button>
      <button name="action" value="delayed" class="quiet">Pay by bank debit (arrives later)</button>
      <button name="action" value="declined" class="quiet">Pay with a card that is declined</button>
      <button name="action" value="cancel" class="quiet">Cancel</button>
    </form>
  `);
}

/** Returns the page of a session that can no longer be paid. */
export function closedPage(status: string): Markup {
  const text = status === "expired"
    ? "This payment page has expired."
    : "This has been paid for already.";
  return layout(html`<h1>${text}</h1>`);
}

function layout(content: Markup): Markup {
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Checkout</title>
        <style>
      body { font: 16px/1.5 system-ui, sans-serif; margin: 0; background: #f4f5f7; color: #1a1a2e }
      main { max-width: 26rem; margin: 8vh auto; padding: 2rem; background: #fff; border-radius: 12px }
      h1 { font-size: 2rem; margin: .5rem 0 }
      ul { list-style: none; padding: 0 }
      li { display: flex; justify-content: space-between; border-bottom: 1px solid #e3e5ea; padding: .5rem 0 }
      label { display: block; margin: 1rem 0 }
      input { display: block; width: 100%; box-sizing: border-box; padding: .6rem; font: inherit }
      button { display: block; width: 100%; padding: .8rem; margin: .5rem 0; font: inherit; border: 0;
        border-radius: 8px; background: #d9480f; color: #fff; cursor: pointer }
      button.quiet { background: #e9ebef; color: #1a1a2e }
      .test { color: #8a5300; margin: 0 }
      .notice { background: #fde8e8; padding: .6rem; border-radius: 8px }
    </style>
      </head>
      <body>
        <main>${content}</main>
      </body>
    </html>
  `;
}

function money(amount: number, currency: string): string {
  return new Intl.NumberFormat("en", { style: "currency", currency }).format(amount / 100);
}
