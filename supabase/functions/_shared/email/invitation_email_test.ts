import assert from "node:assert/strict";
import { anInvitation } from "../testing/email_queue_fake.ts";
import { renderInvitationEmail } from "./invitation_email.tsx";

const URL = "https://modelpick.test/invitation/#token";

Deno.test("both parts of an invitation name who invites, the team, the rights, the end and the link", async () => {
  const { subject, html, text } = await renderInvitationEmail({
    ...anInvitation({ accountName: "Web <shop>" }),
    invitationUrl: URL,
  });
  assert.equal(subject, "Invitation to the team “Web <shop>”");
  assert.ok(!html.includes("<shop>"));
  const visible = html.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&#39;", "'");
  for (const part of [visible, text]) {
    for (
      const words of [
        "ada@example.com invites you to a team on ModelPick.",
        "Web <shop>",
        "As a member you can read, create and run everything that belongs to the team.",
        "The invitation ends on 8 December 2026 and can be accepted once.",
        URL,
      ]
    ) assert.ok(part.includes(words), words);
  }
});

Deno.test("an invitation by a key names nobody", async () => {
  const { text } = await renderInvitationEmail({
    ...anInvitation({ inviter: null }),
    invitationUrl: URL,
  });
  assert.ok(text.includes("You are invited to a team on ModelPick."));
});

Deno.test("a team's name is one short line of the subject, whatever it holds", async () => {
  const accountName = `Web\r\nBcc: eve@example.com\u202e ${"🐢".repeat(90)}`;
  const { subject } = await renderInvitationEmail({
    ...anInvitation({ accountName }),
    invitationUrl: URL,
  });
  assert.match(subject, /^Invitation to the team “Web Bcc: eve@example\.com 🐢+…”$/u);
  assert.equal(Array.from(/“(.*)”/u.exec(subject)?.[1] ?? "").length, 60);
});
