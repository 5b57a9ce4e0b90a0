import { z } from "zod";
import { secretVariable, urlVariable } from "../platform/env.ts";

/** Environment variables of e-mail. */
export const emailEnv = {
  RESEND_API_KEY: secretVariable.optional(),
  /** Default: api.resend.com. */
  RESEND_BASE_URL: urlVariable.optional(),
  /** Address that is told of trouble with the accounts at providers and Stripe. */
  OPERATOR_EMAIL: z.email().optional(),
  EMAIL_FROM: z.string().default("ModelPick <reports@modelpick.dev>"),
} as const;
