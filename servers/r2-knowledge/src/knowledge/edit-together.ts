import { editDiagnosis } from "../coediting/edit-diagnosis.ts";
import type { SharedDocuments } from "../coediting/shared-documents.ts";
import type { Edit, Edited } from "../coediting/shared-object.ts";
import type { CallOptions } from "../object-store/object-store.ts";
import type { Diagnosis } from "../records/diagnosis.ts";
import { patched } from "./change-diagnosis.ts";
import type { Checking, Parts } from "./parts.ts";
import { sharedDocument, sharedRecord } from "./shared-diagnosis.ts";

export interface EditOptions extends CallOptions, Checking<Diagnosis> {
  /** Where editors share documents of another server; else they share the record. */
  readonly documents?: SharedDocuments | undefined;
}

/** Changes some fields of a diagnosis that others edit at the same time. Durable and found once it is applied. */
export async function editTogether(
  parts: Parts,
  id: string,
  edit: Edit,
  { check, documents, ...call }: EditOptions = {},
): Promise<Edited<Diagnosis>> {
  const { clock, random } = parts;
  const object =
    documents === undefined ? sharedRecord(parts, id) : sharedDocument(parts, id, documents);
  const edited = await editDiagnosis(
    {
      ...{ object, clock, random },
      patched(record, patch, by) {
        const next = patched(parts, record, patch, by);
        check?.(record, next);
        return next;
      },
    },
    edit,
    call,
  );
  if (edited.status === "applied") parts.changed({ kind: "updated", id });
  return edited;
}
