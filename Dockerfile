# The first stage builds and tells which system libraries Node needs; the image itself has Node, those, and what was built: no shell,
# no package manager, no source. https://cloud.google.com/run/docs/container-contract
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build
# Everything belongs to root and is written by nobody. Node is the one that the tests ran on, as package-lock.json pins it.
RUN set -eu; image=/image; mkdir -p $image/app $image/bin $image/etc; \
    cp node_modules/node-linux-*/bin/node $image/bin/; \
    ldd $image/bin/node | grep -o '/[^ ]*' | xargs cp --dereference --parents --target-directory=$image; \
    cp -r dist/server dist/assets $image/app/; find $image/app -name '*.map' -delete; \
    echo 'hosts: files dns' > $image/etc/nsswitch.conf; \
    node build/system-libraries.ts $image; \
    chmod -R a-w,a+rX $image

FROM scratch
LABEL org.opencontainers.image.title="footfall" \
      org.opencontainers.image.description="A visits API that counts each visit exactly once and answers the new total." \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /image /
WORKDIR /app
USER 65532:65532
EXPOSE 8080
# With the flags of npm start, which build/server.ts explains. In exec form, so that SIGTERM reaches Node itself. Settings come from the environment: see the README.
ENTRYPOINT ["/bin/node", "--min-semi-space-size=4", "--max-semi-space-size=32", "--v8-pool-size=1", "/app/server/index.cjs"]
