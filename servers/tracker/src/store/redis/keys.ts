/** Names of keys. What is in braces puts all of them on one node of a cluster, as transactions need. */
export type Keys = ReturnType<typeof createKeys>;

export function createKeys(prefix: string) {
  const key = (...parts: (string | number)[]) => `{${prefix}}:${parts.join(":")}`;
  return {
    /** Counts writes; watched, so that nobody writes what another has overtaken. */
    commits: key("commits"),
    /** `horizon` and `bytes`. */
    meta: key("meta"),
    cursors: key("cursors"),
    memories: key("memories"),
    leases: key("leases"),
    sources: key("sources"),
    skipped: key("skipped"),
    /** Place of each record by its id; bodies and order by place. */
    places: key("places"),
    records: key("records"),
    order: key("order"),
    sessions: key("sessions"),
    sessionOrder: key("session-order"),
    ofSession: (id: string) => key("session", id),
    ofProject: (name: string) => key("project", name),
    word: (word: string) => key("word", word),
    vocabulary: key("vocabulary"),
    responses: key("responses"),
    /** Facts in their order: of all, and of one group, command or file. */
    facts: (kind: FactKind, of?: string) => (of === undefined ? key(kind) : key(kind, of)),
    sums: (kind: FactKind | "usage", day: number) => key("sums", kind, day),
    sumDays: (kind: FactKind | "usage") => key("sum-days", kind),
    tasks: key("tasks"),
    taskOrder: (order: "priority" | "updated" | "created") => key("task-order", order),
    taskFacts: (id: string) => key("task-facts", id),
    tasksOf: (session: string) => key("session-tasks", session),
    aliases: key("aliases"),
    groups: key("groups"),
    documents: (kind: string) => key("documents", kind),
    history: (kind: string, name: string) => key("history", kind, name),
  };
}

export type FactKind = "errors" | "runs" | "edits";
