# shellcheck shell=bash
# What the demo and the end-to-end test share: each step may be repeated, and does
# only what is missing. Sourced; $root is the tree.

: "${root:?}"
export PGAPPNAME=demo PGOPTIONS='-c client_min_messages=warning'

# The vault's database; a test may have a second one.
vault_name=bank_vault

say() { printf '\n== %s (%s s)\n' "$*" "$SECONDS"; }
die() { printf 'demo: %s\n' "$*" >&2; exit 1; }

in_source() { psql -XAtq -v ON_ERROR_STOP=1 -p "$DV_SOURCE_PORT" "$@"; }
in_vault() { psql -XAtq -v ON_ERROR_STOP=1 -p "$DV_VAULT_PORT" "$@"; }

# Not of an older environment: the stack's own ports.
use_stack() {
	local exports
	exports=$("$root/stack/ctl" env)
	eval "$exports"
}

build_and_install() {
	local pg_config library
	pg_config=$("$root/stack/pgroot" "${DV_HOME:-$root/var}/pg")
	library=$("$pg_config" --pkglibdir)/datavault.so
	make -s -C "$root" PG_CONFIG="$pg_config" all
	if cmp -s "$root/datavault.so" "$library" && [ -e "$("$pg_config" --sharedir)/extension/datavault.control" ]; then
		echo "the extension is installed"
		return
	fi
	make -s -C "$root" PG_CONFIG="$pg_config" install
	echo "the extension is built and installed"
	# a running vault has the older library
	if "$root/stack/ctl" status 2>/dev/null | grep -q '^vault .*yes'; then
		"$root/stack/ctl" restart vault
	fi
}

# New topics are looked for every half minute otherwise: too long to watch.
stack_up() {
	local conf=${DV_VAR:-$root/var}/run-conf/vault.d
	mkdir -p "$conf"
	printf '%s\n' 'datavault.metadata_interval = 2s' 'datavault.launcher_interval = 1s' >"$conf/90-demo.conf"
	"$root/stack/ctl" up
	use_stack
}

# source_database SCALE: the bank, loaded before there is a connector. A mark stands while it is loaded: what was cut off, by whatever, begins anew.
source_database() {
	local mark=$DV_VAR/loading
	if [ -e "$mark" ]; then
		echo "loading the bank was cut off: it begins anew"
		dropdb --force --if-exists -p "$DV_SOURCE_PORT" bank
	fi
	if [ -z "$(in_source -d postgres -c "SELECT 1 FROM pg_database WHERE datname = 'bank'")" ]; then
		createdb -p "$DV_SOURCE_PORT" bank
	fi
	"$root/bank/source/migrate" -p "$DV_SOURCE_PORT" -d bank
	"$root/stack/ctl" role source bank_replication REPLICATION BYPASSRLS
	"$root/stack/ctl" role source bank_core
	if [ -z "$(in_source -d bank -c 'SELECT 1 FROM bank.currency LIMIT 1')" ]; then
		: >"$mark"
		"$root/bank/generator/generate.py" load --seed 1 --scale "$1" --dsn "port=$DV_SOURCE_PORT dbname=bank"
		rm "$mark"
	else
		echo "the bank has its data"
	fi
}

vault_database() {
	if [ -z "$(in_vault -d postgres -c "SELECT 1 FROM pg_database WHERE datname = '$vault_name'")" ]; then
		createdb -p "$DV_VAULT_PORT" "$vault_name"
	fi
	if ! in_vault -d "$vault_name" -v bootstrap="$DV_BOOTSTRAP" -v model="$(cat "$root/bank/vault/model.json")" <<-'SQL'
		CREATE EXTENSION IF NOT EXISTS datavault;
		CREATE SERVER IF NOT EXISTS bank_kafka FOREIGN DATA WRAPPER datavault_kafka;
		SELECT format('ALTER SERVER bank_kafka OPTIONS (%s "bootstrap.servers" %L)',
		              CASE WHEN srvoptions IS NULL THEN 'ADD' ELSE 'SET' END, :'bootstrap')
		FROM pg_foreign_server WHERE srvname = 'bank_kafka'
		 AND srvoptions IS DISTINCT FROM ARRAY['bootstrap.servers=' || :'bootstrap'] \gexec
		CREATE USER MAPPING IF NOT EXISTS FOR CURRENT_USER SERVER bank_kafka;
		SELECT datavault.apply_model(:'model');
	SQL
	then
		die "the vault cannot be made, see above; one of an older demo has another model: make demo-clean"
	fi
}

# The connector, under way when this returns.
# Named tables: a pattern would also take the ledger's partitions, one by one.
connector() {
	local tables
	if "$root/stack/ctl" connector list | grep -qx bank; then
		echo "the connector is there"
	else
		# in the publication's own order, which is parents first: fewer rows wait for theirs
		tables=$(in_source -d bank -c "
			SELECT string_agg(t.schemaname || '.' || t.tablename, ',' ORDER BY r.prrelid)
			FROM pg_publication_tables t JOIN pg_publication_rel r
			  ON r.prrelid = format('%I.%I', t.schemaname, t.tablename)::regclass
			WHERE t.pubname = 'bank_pub'")
		# shellcheck disable=SC2016 # Connect resolves it, not the shell
		"$root/stack/ctl" connector render bank bank "$tables" publication.name=bank_pub \
			signal.data.collection=bank_cdc.signal database.user=bank_replication \
			'database.password=${file:'"$DV_VAR"'/secret/connect.properties:bank_replication}' |
			"$root/stack/ctl" connector create -
	fi
}

subscription() {
	in_vault -d "$vault_name" <<-'SQL'
		SELECT 'subscription ' || datavault.create_subscription('bank', server => 'bank_kafka', model => 'bank',
		                                     topics => '{bank.bank.*,bank.bank_cdc.marker}')
		WHERE NOT EXISTS (SELECT FROM datavault.subscription WHERE name = 'bank');
	SQL
}

# audit wait|compare|run [OPTION...]
audit() {
	local what=$1
	shift
	"$root/bank/vault/audit" "$what" --bootstrap "$DV_BOOTSTRAP" "$@" \
		--source "port=$DV_SOURCE_PORT dbname=bank" --vault "port=$DV_VAULT_PORT dbname=$vault_name"
}

# The API and the pages behind their web server, and customers who may sign in.
online_bank() {
	make -s -C "$root/webapp/api"
	"$root/webapp/ui/build"
	"$root/stack/ctl" up api web
	"$root/webapp/users" --dsn "port=$DV_SOURCE_PORT dbname=bank user=bank_core" \
		--config "$DV_ONLINE/api.conf" --out "$DV_ONLINE/users"
}

# live RATE SECONDS [ROLE [OPTION...]]
live() {
	"$root/bank/generator/generate.py" live --seed 1 --rate "$1" --seconds "$2" \
		--dsn "port=$DV_SOURCE_PORT dbname=bank user=${3:-bank_core}" "${@:4}"
}

# api METHOD PATH [JSON]: a request of whoever has signed in, by curl; the status is its last line
api() {
	curl --silent --show-error --cacert "$DV_ONLINE/ca.pem" --cookie "$DV_ONLINE/jar" --cookie-jar "$DV_ONLINE/jar" \
		--write-out '\n%{http_code}' --request "$1" ${3:+--header 'Content-Type: application/json' --data "$3"} \
		"$DV_WEB_URL/api/v1$2"
}

# A customer signs in; again with the next code, if somebody has just used this one.
sign_in() {
	local user answer
	user=$(jq -c "select(.login == \"$1\")" "$DV_ONLINE/users")
	for _ in 1 2 3 4 5 6 7; do
		answer=$(api POST /login "$(jq -c --arg code "$("$root/webapp/code" "$DV_ONLINE/users" "$1")" \
			'{login, password, code: $code}' <<<"$user")")
		[ "${answer##*$'\n'}" = 200 ] && return
		sleep 5
	done
	die "$1 cannot sign in: $answer"
}

# One payment, from curl to the vault: how long after the answer it was there.
payment() {
	local accounts from to uuid answer answered there=
	sign_in customer1
	accounts=$(api GET /accounts | head -n 1)
	from=$(jq '[.items[] | select(.currency_code == "RUB" and .may_debit and .available_minor > 1000)][0].account_id' <<<"$accounts")
	to=$(in_source -d bank -c "SELECT account_no FROM bank.account
		WHERE currency_code = 'RUB' AND status = 'active' AND account_id <> $from ORDER BY account_id DESC LIMIT 1")
	uuid=$(cat /proc/sys/kernel/random/uuid)
	answer=$(api POST /transfers "{\"transfer_uuid\": \"$uuid\", \"debit_account_id\": $from, \"credit_account_no\": \"$to\",
		\"amount_minor\": 1000, \"currency_code\": \"RUB\", \"narrative\": \"by curl\"}")
	answered=$(date +%s.%N)
	[ "${answer##*$'\n'}" = 201 ] || die "the payment was refused: $answer"
	for ((i = 0; i < 200 && ${there:-0} == 0; i++)); do
		there=$(in_vault -d "$vault_name" -c "SELECT count(*) FROM vault.transfer WHERE transfer_uuid = '$uuid'")
	done
	[ "$there" = 1 ] || die "the payment $uuid is not in the vault"
	awk -v a="$answered" -v b="$(date +%s.%N)" 'BEGIN { printf "a payment by curl was in the vault %.2f s after its answer\n", b - a }'
}
