#!/usr/bin/env bash
# Makes the small videos of native/tests/video.rs and of the tests in web, and below those that the site's tests bring along.
# Of the former every picture tells its own presentation time: sixteen squares, the first in the upper left, are the bits of
# its milliseconds, lowest first, white for one. Needs the program ffmpeg.
set -euo pipefail
cd "$(dirname "$0")"
code="format=gray,geq=lum='255*mod(floor(floor(T*1000+0.5)/pow(2,floor(X/16)+4*floor(Y/16))),2)'"
make() { # name, source, filters, further options
  local name=$1 source=$2 filters=$3
  shift 3
  ffmpeg -hide_banner -loglevel error -y -f lavfi -i "color=black:s=64x64:$source,$filters$code" \
    -fps_mode passthrough -c:v libx264 -preset slow -g 48 -bf 3 -crf 30 -pix_fmt yuv420p -bitexact "$@" "$name"
}
make time-24.mp4 r=24:d=5 ""
make time-25.mkv r=25:d=5 ""
make time-2997.mp4 r=30000/1001:d=5 ""
make time-30.mp4 r=30:d=5 "" -movflags frag_keyframe+empty_moov
make time-60.mp4 r=60:d=4 ""
# Frames of which some are left out, and some come late.
make time-vfr.mp4 r=30:d=6 "select='not(eq(mod(n\,7)\,3))',setpts='PTS+0.3*floor(N/40)/TB'," -video_track_timescale 90000
# Begins at 2.5 seconds of the container's clock.
make time-late.mkv r=25:d=4 "" -output_ts_offset 2.5
# An edit list hides the first second: the stream is cut without being encoded anew.
ffmpeg -hide_banner -loglevel error -y -ss 1 -i time-24.mp4 -c copy -bitexact time-edit.mp4
# Groups of pictures that refer to each other.
make open-gop.mp4 r=30:d=5 "" -x264-params open-gop=1:keyint=24:min-keyint=24:scenecut=0
# For browsers, which all know WebM.
ffmpeg -hide_banner -loglevel error -y -f lavfi -i "color=black:s=64x64:r=25:d=3,$code" -fps_mode passthrough \
  -c:v libvpx-vp9 -deadline good -g 24 -crf 40 -b:v 0 -pix_fmt yuv420p -bitexact time-25.webm
# Colours, stated and not, and what the flags of native/src/video/convert.rs make of them at half the size.
colours() { # name, matrix, range, further options
  local name=$1 matrix=$2 range=$3
  shift 3
  ffmpeg -hide_banner -loglevel error -y -f lavfi -i testsrc2=s=96x64:r=10:d=0.8 -c:v libx264 -preset slow -bf 2 -crf 20 \
    -pix_fmt yuv420p -bitexact "$@" "$name.mp4"
  ffmpeg -hide_banner -loglevel error -y -i "$name.mp4" -f rawvideo -vf "scale=48:32:in_color_matrix=$matrix:in_range=$range:\
flags=area+accurate_rnd+bitexact+full_chroma_int,format=rgb24" "$name.rgb"
}
colours colours bt601 tv
colours colours-709 bt709 pc -colorspace bt709 -color_primaries bt709 -color_trc bt709 -color_range pc
# A film as a visitor of the site may bring one, in two codecs and containers.
film() { # name, options
  ffmpeg -hide_banner -loglevel error -y -f lavfi -i "testsrc2=s=192x108:r=12:d=8,hue=H=0.4*t" -g 24 \
    -pix_fmt yuv420p -bitexact "${@:2}" "$1"
}
film film.mp4 -c:v libx264 -preset slow -bf 2 -crf 34 -movflags +faststart
film film.webm -c:v libvpx-vp9 -crf 45 -b:v 0 -cpu-used 4 -threads 1
