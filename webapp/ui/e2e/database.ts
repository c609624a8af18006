// What a test arranges or reads in the bank's database, where no page does it: as the owner of everything, by psql.
import { execFileSync } from 'node:child_process'

/** Between fields: no text of the bank's has it. */
const FIELD = '\t'

function psql(statements: string, separator: string): string[] {
  const words = ['-XqAt1', '-F', separator, '-v', 'ON_ERROR_STOP=1', '-d', process.env.BANK_DATABASE ?? '']
  return execFileSync('psql', words, { input: statements, encoding: 'utf8' }).split('\n').filter(Boolean)
}

/** Runs statements as one transaction: what they return, a line each; columns by |. */
export function sql(statements: string): string[] {
  return psql(statements, '|')
}

/** The same in fields, as text. */
export function rows(statements: string): string[][] {
  return psql(statements, FIELD).map((line) => line.split(FIELD))
}

/** The same without triggers, for whoever sees to it that all agrees. */
export function sqlAlone(statements: string): string[] {
  return sql(`SET client_min_messages = warning; SET session_replication_role = replica; ${statements}`)
}

/** A text as the database writes one. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
