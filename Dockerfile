# SPDX-License-Identifier: Apache-2.0
# The image that puts unpack into other containers: /unpack and nothing else
# but two more names for it.
#
#   docker build -t unpack .        or: buildah bud -t unpack .
#
# BASE is a Debian 12 or 13 to build on; nothing of it is in the result.
ARG BASE=debian:12-slim
FROM ${BASE} AS build
WORKDIR /src
COPY test/setup.sh test/
RUN test/setup.sh build
COPY Makefile ./
COPY src src
RUN make -j2 unpack
# Provisioners run "/cp -Rv /unpack DEST" or "cp -Rv /unpack DEST", some of
# them with a volume mounted over our own /bin.
ARG SOURCE_DATE_EPOCH=0
RUN mkdir -p /out/usr/bin && \
    install -s -m 0555 "build/$(dpkg --print-architecture)/unpack" /out/unpack && \
    ln -s unpack /out/cp && \
    ln -s ../../unpack /out/usr/bin/cp && \
    find /out -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +

FROM scratch
ARG VERSION=0.2.0
LABEL org.opencontainers.image.title="unpack" \
      org.opencontainers.image.description="Streams a bundle image's files through the log of a restricted pod" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /out/ /
ENV PATH=/usr/bin
USER 65532:65532
ENTRYPOINT ["/unpack"]
