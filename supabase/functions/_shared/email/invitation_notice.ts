import { z } from "zod";
import { ROLES } from "../platform/http/authenticate_member.ts";

/** Data of an open invitation for its e-mail, read from the JSON of `open_invitation`. */
export const invitationNoticeSchema = z.object({
  invitation_id: z.string(),
  email: z.string(),
  role: z.enum(ROLES),
  expires_at: z.iso.datetime({ offset: true }),
  account_name: z.string(),
  /** Address of whoever invites; null for a key, or if the account of that person was deleted. */
  inviter: z.string().nullable(),
}).transform(({ email, role, expires_at, account_name, inviter }) => ({
  recipient: email,
  role,
  expiresAt: new Date(expires_at),
  accountName: account_name,
  inviter,
}));
export type InvitationNotice = z.output<typeof invitationNoticeSchema>;
