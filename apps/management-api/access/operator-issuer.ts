/** Puts together what judges tokens of operators, where an issuer is configured. */
import type { Logger } from '../../../libs/runtime/logger.ts';
import { monotonicMs } from '../../../libs/runtime/monotonic.ts';
import { askHttp } from '../../../libs/wire/http-question.ts';
import type { ManagementApiConfig } from '../config.ts';
import { IssuerKeys } from './issuer-keys.ts';
import { OperatorTokens } from './operator-tokens.ts';

export type OperatorIssuerConfig = Pick<
  ManagementApiConfig,
  | 'OPERATORS_OIDC_ISSUER'
  | 'OPERATORS_OIDC_AUDIENCE'
  | 'OPERATORS_OIDC_ROLE_CLAIM'
  | 'OPERATORS_OIDC_ROLES'
  | 'OPERATORS_OIDC_NAME_CLAIM'
  | 'OPERATORS_OIDC_CA'
>;

/** Null: none is configured. */
export function operatorTokensOf(config: OperatorIssuerConfig, logger: Logger): OperatorTokens | null {
  const { OPERATORS_OIDC_ISSUER: issuer, OPERATORS_OIDC_AUDIENCE: audience } = config;
  if (issuer === null || audience === null) return null;
  const keys = new IssuerKeys({ issuer, ca: config.OPERATORS_OIDC_CA, ask: askHttp, logger, now: monotonicMs });
  const rules = {
    roleClaim: config.OPERATORS_OIDC_ROLE_CLAIM,
    nameClaim: config.OPERATORS_OIDC_NAME_CLAIM,
    roles: config.OPERATORS_OIDC_ROLES,
  };
  return new OperatorTokens({ issuer, audience, rules, keys, now: Date.now });
}
