import type { Records } from "../ledger/records.ts";
import { auditRecord } from "../records/audit.ts";
import { diagnosisRecord } from "../records/diagnosis.ts";
import { decodeRecord } from "../records/encode.ts";
import { idOfKey, outcomeKey, recordKey, recordPrefix } from "../records/keys.ts";
import { outcomeRecord } from "../records/outcome.ts";
import { toAuditLine, toDiagnosisLine } from "./entry.ts";
import { toOutcomeLine } from "./tallies.ts";

/** Of what the indexes are made anew: which objects, and what each of them says. */
export const diagnosisRecords: Records = {
  prefixes: [recordPrefix("diagnoses")],
  idOf: (key) => idOfKey("diagnoses", key),
  keyOf: (id) => recordKey("diagnoses", id),
  lineOf: ({ key, body }) =>
    toDiagnosisLine({
      ...decodeRecord(diagnosisRecord, key, body),
      id: idOfKey("diagnoses", key) ?? "",
    }),
};

export const auditRecords: Records = {
  prefixes: [recordPrefix("audits")],
  idOf: (key) => idOfKey("audits", key),
  keyOf: (id) => recordKey("audits", id),
  lineOf: ({ key, body }) =>
    toAuditLine({ ...decodeRecord(auditRecord, key, body), id: idOfKey("audits", key) ?? "" }),
};

const OUTCOMES = "mcp/outcomes/";

/** Their ids name the diagnosis, too: `<diagnosis>/<outcome>`. */
export const outcomeRecords: Records = {
  prefixes: [OUTCOMES],
  idOf: (key) => /^mcp\/outcomes\/([^/]+\/[^/]+)\.json$/.exec(key)?.[1],
  keyOf(id) {
    const [diagnosisId = "", own = ""] = id.split("/");
    return outcomeKey(diagnosisId, own);
  },
  lineOf({ key, body }) {
    const [diagnosisId = "", id = ""] = (outcomeRecords.idOf(key) ?? "").split("/");
    return toOutcomeLine({ ...decodeRecord(outcomeRecord, key, body), id, diagnosisId });
  },
};
