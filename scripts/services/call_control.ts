/**
 * Calls a control endpoint of a local service: POST with a body, GET without one. Returns the answer's
 * JSON, null if it is empty.
 *
 * @param serviceUrl origin of the service
 * @param path path below `/_control/`
 * @throws {Error} if the service refuses.
 */
export async function callControl(
  serviceUrl: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  const response = await fetch(
    `${serviceUrl}/_control/${path}`,
    body === undefined ? {} : {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    },
  );
  const text = await response.text();
  if (!response.ok) throw new Error(`${path} was refused with ${response.status}: ${text}`);
  return text === "" ? null : JSON.parse(text);
}
