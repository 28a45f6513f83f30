import { SessionError } from '../../errors.ts'

/** The name that DynamoDB gives its errors, by either client. */
export function reasonOf(error: unknown): string {
  const { name, code } = Object(error) as { readonly name?: unknown; readonly code?: unknown }
  const [reason] = [name, code].filter((each) => typeof each === 'string' && each !== '' && each !== 'Error')
  return typeof reason === 'string' ? reason : ''
}

/** Whether DynamoDB found something else there than the condition says. */
export const isRefused = (error: unknown): boolean => reasonOf(error) === 'ConditionalCheckFailedException'

const BUSY =
  'The table gives less than is asked of it. Make it on-demand (PAY_PER_REQUEST), or raise its capacity; the client has tried several times.'
const MAKE =
  'Make the table in this region: with `createTable(dynamodbTable())`, with CloudFormation, or with `migrate()` and the option `admin`.'

const FIXES: Readonly<Record<string, string>> = {
  ResourceNotFoundException: MAKE,
  ValidationException:
    'See `cause`. If it speaks of a key: the table needs the partition key `pk` and the sort key `sk`, both strings, as `dynamodbTable()` says.',
  ProvisionedThroughputExceededException: BUSY,
  ThrottlingException: BUSY,
  RequestLimitExceeded: BUSY,
  AccessDeniedException: 'Allow GetItem, PutItem, UpdateItem, DeleteItem, Query and Scan on the table to this role.',
}

export function dynamodbFailed(error: unknown): SessionError {
  if (error instanceof SessionError) return error
  const reason = reasonOf(error)
  const fix = FIXES[reason]
  return new SessionError('STORE_FAILED', `DynamoDB could not be used${reason && ` (${reason})`}.`, {
    cause: error,
    ...(fix !== undefined && { fix }),
  })
}
