import { parseScope } from "@trestle/access";
import { type JsonValue, messageOf } from "@trestle/protocol";
import * as z from "zod";
import { parseCallPolicy } from "../access/call-policy.ts";
import { reference } from "./reference-schema.ts";

/** The `access` keys: who may call what. */

const scope = z.string().superRefine((text, context) => check(() => parseScope(text), context));

const policyDocument = z
  .record(z.string(), z.json() as z.ZodType<JsonValue>)
  .superRefine((value, context) => check(() => parseCallPolicy(value), context));

export const accessSchema = z
  .strictObject({
    localScopes: z
      .array(scope)
      .optional()
      .describe("What callers of this machine without a key may do; everything if left out."),
    keyScopes: z
      .array(scope)
      .optional()
      .describe("What the holder of `http.key` may do; everything if left out."),
    oauth: z
      .strictObject({
        issuer: z
          .url({ protocol: /^https?$/ })
          .describe("The authorization server whose access tokens are let in."),
        audience: z
          .string()
          .min(1)
          .optional()
          .describe("Whom tokens may be for, besides this bridge by its own address."),
        jwksUri: z
          .url({ protocol: /^https?$/ })
          .optional()
          .describe("Where its keys are, if its metadata do not say so."),
        scopes: z
          .record(z.string(), z.array(scope))
          .optional()
          .describe("What each of its scopes lets a holder do; `server:tool` speaks for itself."),
        login: z
          .strictObject({
            clientId: reference.describe("As which client people log in to the dashboard there."),
            clientSecret: reference.optional().describe("Of a confidential client."),
            scopes: z
              .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, "must be one scope"))
              .optional()
              .describe("Scopes to ask for; left out, those that `scopes` explains."),
          })
          .optional()
          .describe("How people log in to the dashboard at the issuer."),
      })
      .optional()
      .describe("Whose access tokens are let in, besides API keys."),
    policies: z
      .array(policyDocument)
      .optional()
      .describe("Policy documents: a call needs a statement that allows it, and denials win."),
  })
  .prefault({});

export const reviewSchema = z
  .strictObject({
    maxItems: z
      .int()
      .positive()
      .default(1_000)
      .describe("Failed calls that may wait for a person."),
    expiryMs: z
      .int()
      .positive()
      .default(7 * 24 * 3_600_000)
      .describe("How long they wait."),
  })
  .prefault({});

function check(parse: () => unknown, context: z.RefinementCtx): void {
  try {
    parse();
  } catch (error) {
    context.addIssue({ code: "custom", message: messageOf(error) });
  }
}
