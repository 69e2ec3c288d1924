export {
  type ChainEntry,
  type ChainHash,
  createChainHash,
  GENESIS,
  readLine as readChainLine,
  toLine as toChainLine,
} from "./chain/entry.ts";
export type { ChainHead } from "./chain/head.ts";
export { type ChainedLog, type ChainedLogOptions, openChainedLog } from "./chain/log.ts";
export { type ReadBack, readChainBack } from "./chain/read-back.ts";
export { type ChainLine, type ChainPlace, tailChain } from "./chain/tail.ts";
export {
  type BrokenChain,
  type ChainOptions,
  type ChainVerdict,
  type IntactChain,
  readChain,
  verifyChain,
} from "./chain/verify.ts";
export {
  type AdminCredential,
  ensureAdminCredential,
  readAdminCredential,
} from "./keys/admin-credential.ts";
export { isSameSecret } from "./keys/api-key.ts";
export type { KeyLimit, KeyRecord, KeyVerdict, NewKey } from "./keys/key-record.ts";
export { isSameKey, type StoredKey } from "./keys/key-rows.ts";
export { KEY_STORE_SCHEMA, type KeyStore, openKeyStore, type ShownKey } from "./keys/key-store.ts";
export { isInRange, parseRange } from "./policies/address-range.ts";
export type {
  Conditions,
  PolicyDocument,
  PolicyRequest,
  Statement,
  TimeCondition,
} from "./policies/document.ts";
export { type Decision, evaluatePolicies } from "./policies/evaluate.ts";
export { parsePolicy } from "./policies/parse.ts";
export type { Vocabulary } from "./policies/vocabulary.ts";
export { createPrivateFile, readPrivateFile } from "./private-file.ts";
export { narrowScopes } from "./scopes/narrow.ts";
export { allows, parseScope, type Scope, type ScopeTarget } from "./scopes/scope.ts";
export { type Keyring, type KeyringOptions, openKeyring } from "./sealing/keyring.ts";
export { createSealer, type Sealer, type SealOptions } from "./sealing/sealer.ts";
