import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { request } from "../data/api.ts";
import { serviceUrl } from "../data/base.ts";
import { type Content, type Contract, type Operation, operationsOf, type Parameter, resolve, typeOf } from "../data/contract.ts";
import { t } from "../texts/text.ts";
import { useAddress } from "./shared.ts";

/** The service's contract, readable: drawn by this page from its own file, all of it as text. */
export function ApiPage(): JSX.Element {
  const address = useAddress();
  const [contract, setContract] = useState<Contract | null>(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    request("openapi.json", { key: null })
      .then((answer) => answer.json())
      .then(setContract, (error: Error) => setProblem(error.message));
  }, []);

  return (
    <article id="api" class="stack">
      <div class="row between">
        <h2>{t("apiTitle")}</h2>
        <a href={address({})} data-focus="">
          {t("backToNumbers")}
        </a>
      </div>
      {problem && <p role="alert">{t("apiMissing", { problem })}</p>}
      {!contract && !problem && <p class="soft">{t("loading")}</p>}
      {contract && (
        <>
          <p class="soft prose">
            <Marked text={contract.info.description} />
          </p>
          <p>
            <a href={serviceUrl("openapi.json")} target="_blank" rel="noopener">
              {t("apiFile")}
            </a>{" "}
            <small>
              {contract.info.title} {contract.info.version}
            </small>
          </p>
          {operationsOf(contract).map(([tag, operations]) => (
            <section key={tag} class="stack">
              <h3>{tag}</h3>
              {operations.map(({ method, path, operation }) => (
                <OperationCard key={`${method} ${path}`} method={method} path={path} operation={operation} contract={contract} />
              ))}
            </section>
          ))}
        </>
      )}
    </article>
  );
}

function OperationCard(parts: { method: string; path: string; operation: Operation; contract: Contract }): JSX.Element {
  const { method, path, operation, contract } = parts;
  const parameters = (operation.parameters ?? []).map((one) => resolve<Parameter>(one, contract));
  const body = operation.requestBody && resolve<Content>(operation.requestBody, contract);
  return (
    <details class="card">
      <summary>
        <code>
          <b>{method.toUpperCase()}</b> {path}
        </code>{" "}
        {operation.summary}
      </summary>
      <div class="stack">
        <p class="prose">
          <Marked text={operation.description} />
        </p>
        {(operation.security?.length ?? 0) > 0 && <p class="soft">{t("needsKey")}</p>}
        {parameters.length > 0 && (
          <table>
            <caption>{t("parameters")}</caption>
            <tbody>
              {parameters.map((one) => (
                <tr key={`${one.in} ${one.name}`}>
                  <th scope="row">
                    <code>{one.name}</code>{" "}
                    <small>{[one.in, one.required && t("required"), typeOf(one.schema)].filter(Boolean).join(", ")}</small>
                  </th>
                  <td class="prose">
                    <Marked text={one.description} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {body && <Schemas title={t("body")} content={body} />}
        <h4>{t("answers")}</h4>
        {Object.entries(operation.responses ?? {}).map(([status, answer]) => (
          <Schemas key={status} title={status} content={resolve<Content>(answer, contract)} />
        ))}
      </div>
    </details>
  );
}

/** Text whose code stands between backticks. */
function Marked({ text = "" }: { text?: string | undefined }): JSX.Element {
  return <>{text.split("`").map((part, index) => (index % 2 === 0 ? part : <code key={part}>{part}</code>))}</>;
}

function Schemas({ title, content }: { title: string; content: Content }): JSX.Element {
  return (
    <details>
      <summary>
        <b>{title}</b> {content.description} <small>{Object.keys(content.content ?? {}).join(", ")}</small>
      </summary>
      {Object.entries(content.content ?? {}).map(([type, { schema }]) => schema && <pre key={type}>{JSON.stringify(schema, null, 2)}</pre>)}
    </details>
  );
}
