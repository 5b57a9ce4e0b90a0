import type { Member } from "../platform/http/authenticate_member.ts";

/** Account whose data a question is about, and who asks. */
export type Asker = Pick<Member, "accountId" | "userId" | "keyId">;

/** Returns whose limits a question counts against: the user's, or the account's if a key asks. */
export function askerId({ accountId, userId }: Asker): string {
  return userId ?? accountId;
}
