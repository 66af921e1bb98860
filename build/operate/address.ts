import { isIP } from "node:net";
import { execa } from "execa";
import { connectTo } from "./service.ts";

/** The client's address cannot be told from the proxies'; the message is for the operator. */
export class AddressError extends Error {
  override readonly name = "AddressError";
}

/** Changes the settings of the service that runs. */
export interface Settings {
  /** Trusts X-Forwarded-For but for its last `hops` entries; `null`: no header. */
  trust(hops: number | null): Promise<void>;
}

/** Of the net that documents use (RFC 5737): nobody's address. */
const FORGED = "203.0.113.7";
const HEADER = "X-Forwarded-For";
/** Google documents that one entry follows the client's behind API Gateway; then the others that a chain may have. */
const CANDIDATES = [1, 2, 0, 3];
/** Instances of the revision before may still answer. */
const ASKS = 3;

/**
 * Finds the client's address: with a forged header in front, it is the entry behind the forged one. So with one hop more the service
 * sees the forged address, and with the right one it sees the same address with the forged header and without.
 *
 * @returns what was found, in words; throws {@link AddressError} where nothing is sure, with no header trusted
 */
export async function confirmAddress({ url, key }: { url: string; key: string }, settings: Settings): Promise<string> {
  const service = connectTo({ url, key });
  // Ctrl-C ends gcloud as well; a second one ends this at once.
  let interrupted = false;
  const interrupt = () => {
    if (interrupted) process.exit(1);
    interrupted = true;
  };
  // Not `once`: execa ends the process where it finds no other listener than its own.
  process.on("SIGINT", interrupt);
  const seen = async (headers: Record<string, string>): Promise<string | null> => {
    const answers = new Set<string | null>();
    for (let times = 0; times < ASKS; times += 1) {
      if (interrupted) throw new AddressError("Interrupted.");
      const answer = (await (await service.request("/v1/client", { headers })).json()) as { address: string | null };
      answers.add(answer.address);
    }
    const [address = null] = answers;
    return answers.size === 1 ? address : null;
  };
  try {
    for (const hops of CANDIDATES) {
      await settings.trust(hops + 1);
      if ((await seen({ [HEADER]: FORGED })) !== FORGED) continue;
      await settings.trust(hops);
      const [plain, forged] = [await seen({}), await seen({ [HEADER]: FORGED })];
      if (plain === null || plain !== forged || isIP(plain) === 0)
        throw new AddressError(`With ${hops} hops the service sees ${plain} without a forged header and ${forged} with one.`);
      return `The service sees your address as ${plain}; is it yours? CLIENT_IP_HEADER=${HEADER} and CLIENT_IP_HOPS=${hops} stay set.`;
    }
    throw new AddressError(`A forged ${HEADER} is nowhere among the last ${CANDIDATES.length} entries.`);
  } catch (error) {
    await settings.trust(null);
    if (error instanceof AddressError)
      throw new AddressError(`${error.message} No header is trusted, as before; limits per address and visitors stay off.`);
    throw error;
  } finally {
    process.off("SIGINT", interrupt);
  }
}

/** Those of a service on Cloud Run. */
export function createSettings({ project, region, service }: { project: string; region: string; service: string }): Settings {
  return {
    async trust(hops) {
      const change =
        hops === null
          ? "--remove-env-vars=CLIENT_IP_HEADER,CLIENT_IP_HOPS"
          : `--update-env-vars=CLIENT_IP_HEADER=${HEADER},CLIENT_IP_HOPS=${hops}`;
      const args = ["run", "services", "update", service, `--region=${region}`, change, `--project=${project}`, "--quiet"];
      console.log(`  $ gcloud ${args.join(" ")}`);
      const { exitCode, originalMessage } = await execa("gcloud", args, {
        reject: false,
        stdin: "ignore",
        stdout: "inherit",
        stderr: "inherit",
      });
      if (exitCode !== 0) throw new AddressError(`gcloud refused${originalMessage ? `: ${originalMessage}` : ""}.`);
    },
  };
}
