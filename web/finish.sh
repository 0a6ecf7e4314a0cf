#!/usr/bin/env bash
# The last step of a build of the site, called by trunk (see Trunk.toml): names the worker's files by their content, adds icons,
# manifest, packs and service worker, lists inline scripts in the policy, writes 404.html and gzipped copies, and measures.
# It fails where the policy, a name or the budget does not hold. Bash, coreutils and gzip are all it needs.
set -euo pipefail
shopt -s globstar nullglob
export LC_ALL=C
cd "$(dirname "$0")/.."
readonly HERE=$PWD DIST=${TRUNK_STAGING_DIR:?trunk calls this}
# What a visitor loads before the page is there: the page's program, as a server sends it. Bytes of gzip.
readonly BUDGET=600000

die() { printf 'error: site: %s\n' "$*" >&2; exit 1; }
hex() { local sum; sum=$(sha256sum); printf '%s' "${sum%% *}"; }
base64_hash() { local sum; sum=$(hex); printf '%s' "${sum^^}" | basenc -d --base16 | base64 -w 0; }
gzipped() { local n; n=$(gzip -9 -n -c "$1" | wc -c); printf '%d' "$n"; }

cd "$DIST"

# --- the worker's files -----------------------------------------------------------------------------------

page=$(<index.html)
loaders=(*_loader.js)
[ "${#loaders[@]}" -gt 0 ] || die "trunk made no worker: index.html must ask for one with a loader"
# trunk names a page's files by their content, but not a worker's.
for loader in "${loaders[@]}"; do
  name=${loader%_loader.js}
  hash=$(cat "$name.js" "${name}_bg.wasm" | hex)
  named=$name-${hash:0:16}
  mv "$name.js" "$named.js"
  mv "${name}_bg.wasm" "${named}_bg.wasm"
  rm "$loader"
  # A program that cannot be loaded must be an error of the worker, which the page hears of; a rejected promise is not.
  # The page says where the site lies to a worker that does not stand there itself (see web/src/app/hand.rs).
  printf 'self.ROOT ??= "./";\nimportScripts(`${ROOT}%s.js`);\nwasm_bindgen({ module_or_path: `${ROOT}%s_bg.wasm` }).catch((e) => setTimeout(() => { throw e; }));\n' \
    "$named" "$named" >"${named}_loader.js"
  [[ $page == *"content=\"$loader\""* ]] || die "index.html has no <meta> that names $loader"
  page=${page//"content=\"$loader\""/"content=\"${named}_loader.js\""}
done

# --- what is taken as it is -------------------------------------------------------------------------------

cp "$HERE"/public/icon.svg "$HERE"/public/manifest.webmanifest .
mkdir -p icons
cp "$HERE"/public/icons/*.png icons/
if [ -d "$HERE/public/packs" ]; then
  mkdir -p packs
  cp "$HERE"/public/packs/* packs/
fi

# --- the policy -------------------------------------------------------------------------------------------

# Hashes of a page's inline scripts, as a policy lists them.
inline() {
  local rest=$1 tag body
  while [[ $rest == *'<script'* ]]; do
    rest=${rest#*'<script'}
    tag=${rest%%'>'*} rest=${rest#*'>'}
    body=${rest%%'</script>'*} rest=${rest#*'</script>'}
    [[ $tag == *' src='* ]] || printf "'sha256-%s' " "$(printf '%s' "$body" | base64_hash)"
  done
}

scripts=$(inline "$page")
[[ $page == *' @inline@;'* ]] || die "index.html has no policy with @inline@ in it"
page=${page/" @inline@;"/" ${scripts% };"}
printf '%s\n' "$page" >index.html
cp index.html 404.html

# What was written is read again, as a browser will.
page=$(<index.html)
policy=${page#*'http-equiv="Content-Security-Policy" content="'}
policy=${policy%%'"'*}
for hash in $(inline "$page"); do
  [[ $policy == *"$hash"* ]] || die "an inline script is not in the policy: $hash"
done
[[ $policy == "default-src 'none';"* ]] || die "index.html has no strict policy"
for word in "'unsafe-inline'" "'unsafe-eval'" "http:" "https:" "*"; do
  [[ $policy != *"$word"* ]] || die "the policy allows $word"
done
for word in '<style' ' style="' ' onclick="' ' onload="' ' onerror="' '="http:' '="https:' '="//'; do
  [[ $page != *"$word"* ]] || die "index.html has $word, which the policy forbids"
done
rest=$page
while [[ $rest == *'href="./'* ]]; do
  rest=${rest#*'href="./'}
  [ -e "${rest%%'"'*}" ] || die "index.html names ${rest%%'"'*}, which is not there"
done
# The script in index.html must know every page of the app, or it would look for the site below it; and so must the service worker, or
# the page would not be there without a network.
worker=$(<"$HERE/public/sw.js")
rest=$(<"$HERE/web/src/app/mod.rs")
while [[ $rest == *'path!("/'* ]]; do
  rest=${rest#*'path!("/'}
  name=${rest%%[\"/]*}
  known="[(|]$name[)|]"
  [[ -z $name || $page =~ $known ]] || die "index.html's script does not know the page /$name"
  [[ -z $name || $worker =~ $known ]] || die "sw.js does not know the page /$name"
done

# --- the service worker -----------------------------------------------------------------------------------

files=''
for file in **/*; do
  [ -f "$file" ] || continue
  case $file in
    404.html | sw.js | sizes.json | *.gz | *.md) continue ;;
    # The page's address is the folder's: hosts may redirect from index.html.
    index.html) address=./ ;;
    *) address=$file ;;
  esac
  files+="  \"$address\": \"$(base64_hash <"$file")\","$'\n'
done
version=$(cat <(printf '%s' "$files") "$HERE/public/sw.js" | hex)
{
  printf 'const VERSION = "%s";\nconst FILES = {\n%s};\n\n' "${version:0:16}" "$files"
  cat "$HERE/public/sw.js"
} >sw.js

# --- sizes ------------------------------------------------------------------------------------------------

total=0 rows=''
printf '%10s %10s  %s\n' bytes gzip file
for file in **/*; do
  [ -f "$file" ] || continue
  case $file in *.gz | sizes.json) continue ;; esac
  bytes=$(wc -c <"$file") packed=$(gzipped "$file")
  # For servers that send what lies there; pictures and films are packed already.
  case $file in *.html | *.js | *.css | *.wasm | *.svg | *.json | *.webmanifest) gzip -9 -n -k "$file" ;; esac
  case $file in app-*.js | app-*.wasm | snippets/*.js) total=$((total + packed)) ;; esac
  printf '%10d %10d  %s\n' "$bytes" "$packed" "$file"
  rows+="${rows:+,}"$'\n'"    { \"file\": \"$file\", \"bytes\": $((bytes)), \"gzip\": $packed }"
done
printf '{\n  "version": "%s",\n  "app_gzip": %d,\n  "app_budget": %d,\n  "files": [%s\n  ]\n}\n' \
  "${version:0:16}" "$total" "$BUDGET" "$rows" >sizes.json
printf '%10s %10d  the page'"'"'s program, of %d\n' '' "$total" "$BUDGET"
# Or trunk calls its files otherwise by now, and nothing was weighed.
[ "$total" -gt 0 ] || die "no file of the page's program was found: app-*.js and app-*.wasm"
# A debug build is many times larger and is nobody's download.
if [ "${TRUNK_PROFILE:-release}" = release ] && [ "$total" -gt "$BUDGET" ]; then
  die "the page's program is $total bytes of gzip; $BUDGET are allowed"
fi
