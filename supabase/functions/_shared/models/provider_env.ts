import { z } from "zod";
import { secretVariable, urlVariable } from "../platform/env.ts";
import { type ProviderName, PROVIDERS, variablesOf } from "./providers.ts";

/** Where each provider of {@link PROVIDERS} is, and with which key: `<NAME>_BASE_URL`, `<NAME>_API_KEY`. */
export const providerEnv = Object.fromEntries(
  PROVIDERS.flatMap(({ name, baseUrl }) => {
    const variables = variablesOf(name);
    return [
      [variables.baseUrl, baseUrl === null ? urlVariable.optional() : urlVariable.default(baseUrl)],
      [variables.apiKey, secretVariable.optional()],
    ];
  }),
) as Record<ProviderVariable, z.ZodOptional<z.ZodString>>;

type ProviderVariable = `${Uppercase<ProviderName>}_${"BASE_URL" | "API_KEY"}`;
