/** Why the schema registry cannot be asked, and the way out. Pure: what the client threw comes in. */
import { placeOf } from '../../libs/runtime/masked-value.ts';
import { RegistryRefusal } from '../../libs/wire/registry-inspection.ts';
import { trouble, type Finding } from '../../libs/domain/system/finding.ts';
import { hasCode, sentenceOf } from '../failure.ts';

export function judgeRegistryTrouble(error: unknown, registryUrl: string): Finding {
  const [says, remedy] = causeOf(error, registryUrl);
  return trouble('schemas', 'error', says, remedy);
}

function causeOf(error: unknown, registryUrl: string): readonly [says: string, remedy: string] {
  const place = placeOf(registryUrl);
  const said = sentenceOf(error);
  if (error instanceof RegistryRefusal) return answered(error.status, place, said);
  if (hasCode(error, 'ENOTFOUND') || hasCode(error, 'EAI_AGAIN')) {
    return [`the host of ${place} is unknown`, 'correct SCHEMA_REGISTRY_URL, or the DNS of this machine'];
  }
  if (hasCode(error, 'ECONNREFUSED')) {
    return [`nothing listens at ${place}`, 'start the registry, or correct SCHEMA_REGISTRY_URL'];
  }
  if (/no answer within/.test(said)) {
    const remedy = 'look at the process and the log of the registry, it hangs; or correct SCHEMA_REGISTRY_URL';
    return [`${place} takes connections and answers nothing`, remedy];
  }
  if (/self.signed|issuer|verify|altname|expired/i.test(said)) {
    const remedy = 'give SCHEMA_REGISTRY_TLS_CA the authority that signed it';
    return [`the certificate of ${place} is not trusted: ${said}`, remedy];
  }
  if (/no token from/.test(said)) return [`no token for the login: ${said}`, 'correct SCHEMA_REGISTRY_OAUTH_*'];
  if (/wrong version number|packet length|EPROTO/i.test(said)) {
    return [`${place} does not speak TLS`, 'write http:// in SCHEMA_REGISTRY_URL, or name the TLS port'];
  }
  if (/hang up|ECONNRESET|Parse Error/i.test(said) && registryUrl.startsWith('http:')) {
    return [`${place} ends the connection: ${said}`, 'write https:// in SCHEMA_REGISTRY_URL if it speaks TLS'];
  }
  return [`${place} cannot be asked: ${said}`, 'look at SCHEMA_REGISTRY_URL and the log of the registry'];
}

function answered(status: number, place: string, said: string): readonly [says: string, remedy: string] {
  switch (status) {
    case 401:
      return [
        `the registry at ${place} refuses the login (401)`,
        'correct SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD, or SCHEMA_REGISTRY_TOKEN',
      ];
    case 403:
      return [`the registry at ${place} refuses this user (403)`, 'let it read subjects and their compatibility'];
    case 404:
      return [
        `${place} answers, but not as a schema registry (404)`,
        'correct the path of SCHEMA_REGISTRY_URL: of Apicurio it is /apis/ccompat/v7, of Confluent there is none',
      ];
    default:
      return [`the registry at ${place} cannot be asked: ${said}`, 'look at the log of the registry'];
  }
}
