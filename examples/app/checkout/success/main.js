// Leads a customer from the payment to the live report.

/** Time between two questions whether the payment has arrived, in milliseconds. */
const POLL_MS = 1500;
/** Questions after which the customer is told that some payments take days. */
const PATIENCE = 20;

const MISSING =
  "This payment is unknown here, or more than a day old. The link in the e-mail that we sent you " +
  "opens your report.";
const SLOW =
  "Your payment has not arrived yet. Some ways of paying take a few days. You may close this page: " +
  "we write to you as soon as your benchmark starts.";
const TROUBLE =
  "The payment could not be looked up. Load the page again, or use the link in the e-mail that we " +
  "send you.";
const EXPIRED = "This order was not paid. Nothing was charged.";

/** @param {string} text */
function tell(text) {
  const place = document.getElementById("text");
  if (place !== null && place.textContent !== text) place.textContent = text;
}

/**
 * Returns the state of the order that a session pays for; null if there is none.
 *
 * @param {string} apiUrl
 * @param {string} sessionId
 * @returns {Promise<{ status: string, share_token: string | null } | null>}
 */
async function lookUp(apiUrl, sessionId) {
  // In the body, because URLs end up in logs.
  const response = await fetch(`${apiUrl}/functions/v1/checkout/result`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ session_id: sessionId }),
    referrerPolicy: "no-referrer",
    credentials: "omit",
  });
  if (response.status === 404 || response.status === 422) return null;
  if (!response.ok) throw new Error(`checkout/result responded with ${response.status}`);
  return await response.json();
}

/** @param {string} sessionId */
async function openReport(sessionId) {
  /** @type {{ apiUrl: string }} */
  const { apiUrl } = await (await fetch("/config.json")).json();
  for (let asked = 1;; asked++) {
    const order = await lookUp(apiUrl, sessionId);
    if (order === null) return tell(MISSING);
    if (order.share_token !== null) return location.replace(`/report/${order.share_token}`);
    if (order.status === "expired") return tell(EXPIRED);
    if (asked >= PATIENCE) tell(SLOW);
    await new Promise((resolve) => setTimeout(resolve, asked < PATIENCE ? POLL_MS : 10 * POLL_MS));
  }
}

const sessionId = new URLSearchParams(location.search).get("session_id");
if (sessionId === null) tell(MISSING);
else {
  openReport(sessionId).catch((error) => {
    console.error(error);
    tell(TROUBLE);
  });
}
