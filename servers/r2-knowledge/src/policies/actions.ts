/** What may be done to a record, and what with the whole: the words of every rule. */
export const RECORD_ACTIONS = [
  "knowledge:search",
  "knowledge:read",
  "knowledge:metrics",
  "knowledge:export",
  "knowledge:store",
  "knowledge:outcome",
  "knowledge:update",
  "knowledge:delete",
  "knowledge:define-pattern",
  "knowledge:validate",
  "knowledge:share",
] as const;
export type RecordAction = (typeof RECORD_ACTIONS)[number];

/** Asked of the resource `store`. */
export const STORE_ACTIONS = [
  "knowledge:usage",
  "knowledge:index",
  "knowledge:backup",
  "knowledge:restore",
  "knowledge:prune-backups",
  "knowledge:sync",
  "knowledge:plan-lifecycle",
  "knowledge:set-lifecycle",
  "knowledge:apply-lifecycle",
  "knowledge:read-policy",
  "knowledge:set-policy",
  "knowledge:audit-log",
  "knowledge:events",
  "knowledge:keys",
] as const;
export type StoreAction = (typeof STORE_ACTIONS)[number];

export type Action = RecordAction | StoreAction;
export const ACTIONS: readonly Action[] = [...RECORD_ACTIONS, ...STORE_ACTIONS];

/** Done to records without looking at each: for those only who are denied no part of them. */
export const WHOLESALE: readonly StoreAction[] = [
  "knowledge:restore",
  "knowledge:sync",
  "knowledge:plan-lifecycle",
  "knowledge:apply-lifecycle",
  "knowledge:events",
];

/** What a log of changes keeps: everything but looking. */
const LOOKS: ReadonlySet<Action> = new Set<Action>([
  "knowledge:search",
  "knowledge:read",
  "knowledge:metrics",
  "knowledge:usage",
  "knowledge:plan-lifecycle",
  "knowledge:read-policy",
  "knowledge:events",
]);

export const isChange = (action: Action): boolean => !LOOKS.has(action);

const READER: readonly Action[] = ["knowledge:search", "knowledge:read", "knowledge:metrics"];
const CONTRIBUTOR: readonly Action[] = [
  ...READER,
  "knowledge:store",
  "knowledge:outcome",
  "knowledge:update",
];
const CURATOR: readonly Action[] = [
  ...CONTRIBUTOR,
  "knowledge:delete",
  "knowledge:define-pattern",
  "knowledge:validate",
  "knowledge:export",
  "knowledge:share",
];

/** The roles that every policy has. */
export const ROLES: Readonly<Record<string, readonly string[]>> = {
  reader: READER,
  contributor: CONTRIBUTOR,
  curator: CURATOR,
  operator: ["knowledge:*"],
};
