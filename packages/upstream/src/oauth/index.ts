export { type CodeFlow, type CodeReturn, createCodeFlow } from "./code-flow.ts";
export { type OAuthCredentials, openOAuthCredentials, type Return } from "./credentials.ts";
export type { Kept, Vault } from "./kept.ts";
export type { OAuthSettings } from "./settings.ts";
