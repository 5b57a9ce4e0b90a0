import { z } from "zod";
import { secretVariable, urlVariable } from "../platform/env.ts";

/** What e-mail is sent with. */
export const emailEnv = {
  RESEND_API_KEY: secretVariable.optional(),
  /** Unset: api.resend.com. */
  RESEND_BASE_URL: urlVariable.optional(),
  EMAIL_FROM: z.string().default("ModelPick <reports@modelpick.dev>"),
} as const;
