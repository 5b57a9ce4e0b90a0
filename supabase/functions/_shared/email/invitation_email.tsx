import type { Role } from "../platform/http/authenticate_member.ts";
import { replaceControlCharacters } from "../platform/control_characters.ts";
import { Button, Heading, Page, Panel, renderPage, Rule, Text } from "./email_parts.tsx";
import { BRAND, color, style } from "./email_style.ts";
import type { InvitationNotice } from "./invitation_notice.ts";
import type { RenderedEmail } from "./mailer.ts";

/** Content of the e-mail that invites somebody to a team. */
export interface InvitationEmailProps extends Omit<InvitationNotice, "recipient"> {
  /** Address that the button opens. It holds the token. */
  readonly invitationUrl: string;
}

/** The texts of the e-mail, which both parts show in this order. */
interface Content {
  readonly subject: string;
  readonly summary: string;
  readonly team: string;
  readonly rights: string;
  readonly deadline: string;
}

/** Characters of a team's name that a subject shows: the name is a stranger's text to the recipient. */
const SUBJECT_NAME_LENGTH = 60;

const RIGHTS: Readonly<Record<Role, string>> = {
  viewer: "As a viewer you can read everything that belongs to the team.",
  member: "As a member you can read, create and run everything that belongs to the team.",
  admin: "As an admin you can also manage the team's people, keys, sharing and budgets.",
  owner: "As an owner you can do everything, including paying and deleting.",
};
const HEADING = "You Are Invited to a Team";
const LABEL = "Team";
const BUTTON = "Accept the invitation";
const FOOTER =
  "You received this e-mail because somebody entered this address in ModelPick. If you do not know them, ignore it: " +
  "nothing happens. The link works only for whoever signs in with this address.";

/** Renders the HTML part and the plain text part. */
export async function renderInvitationEmail(props: InvitationEmailProps): Promise<RenderedEmail> {
  const content = describe(props);
  const html = await renderPage(
    <InvitationEmail content={content} invitationUrl={props.invitationUrl} />,
  );
  return { subject: content.subject, html, text: writeText(content, props.invitationUrl) };
}

function describe({ accountName, inviter, role, expiresAt }: InvitationEmailProps): Content {
  const team = replaceControlCharacters(accountName, " ").replaceAll(/\s+/g, " ").trim();
  const characters = Array.from(team);
  const shown = characters.length > SUBJECT_NAME_LENGTH
    ? `${characters.slice(0, SUBJECT_NAME_LENGTH - 1).join("").trimEnd()}…`
    : team;
  const day = expiresAt.toLocaleDateString("en-GB", {
    day: "numeric",
    month: "long",
    year: "numeric",
    timeZone: "UTC",
  });
  return {
    subject: `Invitation to the team “${shown}”`,
    summary: inviter === null
      ? "You are invited to a team on ModelPick."
      : `${inviter} invites you to a team on ModelPick.`,
    team,
    rights: RIGHTS[role],
    deadline: `The invitation ends on ${day} and can be accepted once.`,
  };
}

function InvitationEmail({ content, invitationUrl }: {
  readonly content: Content;
  readonly invitationUrl: string;
}) {
  return (
    <Page title={HEADING} preview={content.summary} style={style.body} width={style.container}>
      <Text style={style.brand}>{BRAND}</Text>
      <Heading style={style.heading}>{HEADING}</Heading>
      <Text style={style.text}>{content.summary}</Text>
      <Panel style={style.panel}>
        <Text style={style.label}>{LABEL}</Text>
        <Text style={style.name}>{content.team}</Text>
        <Text style={style.reason}>{content.rights}</Text>
        <Text style={style.reason}>{content.deadline}</Text>
      </Panel>
      <Panel style={style.action}>
        <Button href={invitationUrl} style={style.button}>{BUTTON}</Button>
      </Panel>
      <Rule color={color.rule} />
      <Text style={style.footer}>{FOOTER}</Text>
    </Page>
  );
}

/** Writes the plain text part: the same texts as paragraphs. */
function writeText(content: Content, invitationUrl: string): string {
  return [
    BRAND,
    HEADING,
    content.summary,
    LABEL,
    content.team,
    content.rights,
    content.deadline,
    `${BUTTON}: ${invitationUrl}`,
    "-".repeat(40),
    FOOTER,
  ].join("\n\n");
}
