// What a test arranges or reads in the bank's database, where no page does it: time that has passed, messages on their way.
import { execFileSync } from 'node:child_process'

/** The rows, a line each; columns by |. */
export function sql(statement: string): string[] {
  const printed = execFileSync('psql', ['-X', '-A', '-t', '-q', '-v', 'ON_ERROR_STOP=1', '-c', statement], {
    env: { ...process.env, PGDATABASE: undefined, ...connection() },
    encoding: 'utf8',
  })
  return printed.trim() ? printed.trim().split('\n') : []
}

/** A text as the database writes one. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** libpq's words of BANK_DATABASE as its environment variables. */
function connection(): Record<string, string> {
  const names: Record<string, string> = { host: 'PGHOST', port: 'PGPORT', dbname: 'PGDATABASE', user: 'PGUSER' }
  const words = (process.env.BANK_DATABASE ?? '').split(' ').map((word) => word.split('=') as [string, string])
  return Object.fromEntries(words.flatMap(([name, value]) => (names[name] ? [[names[name], value]] : [])))
}
