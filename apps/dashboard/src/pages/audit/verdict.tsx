import { useState } from "react";
import { useAsk } from "../../api/queries.ts";
import { count } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Problem } from "../../ui/states.tsx";

/** Checks every hash of the log when it is asked to. */
export function Verdict() {
  const [asked, ask] = useState(false);
  const verify = useAsk("GET security/audit-logs/verify", {}, { enabled: asked });
  const { data: verdict, error, isFetching, refetch } = verify;
  const check = () => (asked ? void refetch() : ask(true));
  return (
    <div className="audit-verdict" data-ok={verdict?.ok}>
      <Icon name={verdict === undefined ? "lock" : verdict.ok ? "check" : "alert"} size={20} />
      <p role="status">
        {verdict === undefined
          ? "Nobody has checked the chain of hashes since this page was opened."
          : verdict.ok
            ? `The chain is whole: ${count(verdict.entries)} entries, the last with the hash ${verdict.head.slice(0, 16)}…`
            : `The chain is broken at entry ${verdict.seq}: ${verdict.explanation}`}
      </p>
      <Button icon="audit" busy={isFetching} onClick={check}>
        Verify the chain
      </Button>
      {error && <Problem error={error} />}
    </div>
  );
}
