#!/usr/bin/env bash
# Makes the PNG icons of this folder from ../icon.svg: bash public/icons/make.sh
# Needs rsvg-convert (apt-get install librsvg2-bin). They are kept, since a build should not need it.
set -euo pipefail
cd "$(dirname "$0")"
svg=$(<../icon.svg)
# To the edges, for systems that cut a shape of their own; the drawing lies within the inner 80 % that all of them keep.
full=${svg/ rx=\"7\"/}
[ "$full" != "$svg" ] || { echo "error: icon.svg has no rounded background any more: adapt make.sh" >&2; exit 1; }
draw() { rsvg-convert --width "$2" --height "$2" --output "$3" <<<"$1"; }
draw "$svg" 192 icon-192.png
draw "$svg" 512 icon-512.png
draw "$full" 512 maskable-512.png
draw "$full" 180 touch-180.png
