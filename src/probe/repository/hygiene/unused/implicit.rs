//! Packages that are used without being named: by frameworks, builders, drivers' users and installers.

/// Names by themselves.
const NAMES: [&str; 63] = [
    "@angular/animations",
    "@babel/runtime",
    "@hotwired/turbo",
    "@nestjs/platform-express",
    "@nestjs/platform-fastify",
    "@prisma/client",
    "@swc/helpers",
    "aws-crt",
    "better-sqlite3",
    "bufferutil",
    "class-transformer",
    "class-validator",
    "core-js",
    "critters",
    "cross-env",
    "dotenv",
    "encoding",
    "graphql",
    "hiredis",
    "isolated-vm",
    "less",
    "libpq",
    "mariadb",
    "mongodb",
    "mysql",
    "mysql2",
    "newrelic",
    "next",
    "node-gyp",
    "node-sass",
    "nuxt",
    "oracledb",
    "pg",
    "pg-hstore",
    "pg-native",
    "pino-pretty",
    "pm2",
    "prisma",
    "prop-types",
    "puppeteer",
    "react",
    "react-dom",
    "react-is",
    "react-native",
    "redis",
    "reflect-metadata",
    "regenerator-runtime",
    "rxjs",
    "sass",
    "sharp",
    "sqlite3",
    "stylus",
    "supports-color",
    "svelte",
    "tedious",
    "tslib",
    "typescript",
    "utf-8-validate",
    "vue",
    "vue-template-compiler",
    "ws",
    "zone.js",
    "@vercel/functions",
];

/// Beginnings of names: tools, and what is found by its name.
const BEGINNINGS: [&str; 67] = [
    "@types/",
    "@babel/",
    "@swc/",
    "@esbuild/",
    "@rollup/",
    "@vitejs/",
    "@eslint/",
    "@typescript-eslint/",
    "@commitlint/",
    "@semantic-release/",
    "@storybook/",
    "@docusaurus/",
    "@strapi/",
    "@medusajs/",
    "@capacitor/",
    "@capacitor-community/",
    "@ionic/",
    "@expo/",
    "@react-native",
    "@opentelemetry/",
    "@emotion/",
    "@parcel/",
    "@tailwindcss/",
    "@next/",
    "@nuxt/",
    "@nuxtjs/",
    "@sveltejs/",
    "@astrojs/",
    "@angular/",
    "@angular-devkit/",
    "@vue/",
    "@graphql-codegen/",
    "@electron",
    "@tauri-apps/",
    "@directus/",
    "@keystone",
    "@img/",
    "@radix-ui/",
    "@prisma/",
    "babel-",
    "eslint",
    "prettier",
    "stylelint",
    "postcss",
    "autoprefixer",
    "tailwind",
    "webpack",
    "rollup",
    "vite",
    "jest",
    "vitest",
    "karma",
    "gulp",
    "grunt",
    "husky",
    "lint-staged",
    "expo",
    "react-native-",
    "cordova-",
    "gatsby-",
    "hexo-",
    "serverless-",
    "strapi-",
    "nodemon",
    "ts-node",
    "electron",
    "n8n-nodes-",
];

/// Pieces of the names of what builders and servers take in by name or by pattern.
const PIECES: [&str; 8] =
    ["-loader", "-plugin", "plugin-", "-preset", "preset-", "-adapter", "-transport", "-polyfill"];

/// Whether a package is used though no text need name it.
pub fn is_taken_in(name: &str) -> bool {
    NAMES.contains(&name)
        || BEGINNINGS.iter().any(|begin| name.starts_with(begin))
        || PIECES.iter().any(|piece| name.contains(piece))
}

#[cfg(test)]
mod tests {
    use super::is_taken_in;

    #[test]
    fn what_frameworks_take_in_needs_no_name() {
        for name in ["react-dom", "@types/node", "sharp", "css-loader", "gatsby-plugin-image", "pg", "expo-camera"] {
            assert!(is_taken_in(name), "{name}");
        }
        for name in ["axios", "moment", "lodash", "@acme/thing"] {
            assert!(!is_taken_in(name), "{name}");
        }
    }
}
