import type { ListWorkflows } from "../../api/generated.ts";
import { useOrchestratorDo } from "../../api/orchestrator.ts";
import { useGo } from "../../lib/navigate.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Empty } from "../../ui/states.tsx";
import { useToasts } from "../../ui/toasts.tsx";

type Template = NonNullable<ListWorkflows["templates"]>[number];

/** What is shipped to begin with. */
export function Templates({ templates }: { readonly templates: readonly Template[] }) {
  if (templates.length === 0) return <Empty icon="workflows" title="There are no templates" />;
  return (
    <div className="workflows-templates">
      {templates.map((template) => (
        <OneTemplate key={template.id} template={template} />
      ))}
    </div>
  );
}

function OneTemplate({ template }: { readonly template: Template }) {
  const { id, description, bindings } = template;
  const registering = useOrchestratorDo<{ readonly id: string }>("register_workflow");
  const toasts = useToasts();
  const go = useGo();
  const take = (): void =>
    registering.mutate(
      { template: id },
      {
        onSuccess: () => go(`/workflows/${encodeURIComponent(id)}`),
        onError: (error) => toasts.failed(`${id} is not registered`, error),
      },
    );
  return (
    <Card
      title={id}
      actions={
        <Button size="s" disabled={registering.refused} busy={registering.isPending} onClick={take}>
          Register and open
        </Button>
      }
    >
      <p>{description}</p>
      <p className="workflows-roles">
        {Object.entries(bindings).map(([role, { server, about }]) => (
          <Badge key={role} title={about}>
            {role}: {server}
          </Badge>
        ))}
      </p>
    </Card>
  );
}
